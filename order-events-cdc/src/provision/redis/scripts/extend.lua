-- Starts a lease anew, if it is still this one's.
-- KEYS: stream, leases. ARGV: group, id, receipt, milliseconds of a lease.
if redis.call('HGET', KEYS[2], ARGV[2]) ~= ARGV[3] then
  return 0
end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if #pending == 0 or pending[1][3] >= tonumber(ARGV[4]) then
  return 0
end
redis.call('XCLAIM', KEYS[1], ARGV[1], 'workers', 0, ARGV[2], 'JUSTID')
return 1
