-- Ends a lease: the job is done, waits, or is dead.
-- KEYS: stream, waiting, leases, tries, dead.
-- ARGV: group, id, receipt, what becomes of the job, then milliseconds to wait, or a reason.
local id, becomes = ARGV[2], ARGV[4]
local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
-- What is done is done, whoever has it by now.
if becomes ~= 'done' and (not entry or redis.call('HGET', KEYS[3], id) ~= ARGV[3]) then
  return 0
end
if becomes ~= 'done' then
  local job, tried = '', redis.call('HGET', KEYS[4], id) or 0
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'job' then job = entry[2][i + 1] end
    if entry[2][i] == 'tried' then tried = tried + (tonumber(entry[2][i + 1]) or 0) end
  end
  tried = string.format('%d', tried)
  if becomes == 'waiting' then
    local time = redis.call('TIME')
    local due = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[5]
    redis.call('ZADD', KEYS[2], due, tried .. ' ' .. job)
  else
    redis.call('XADD', KEYS[5], '*', 'job', job, 'tried', tried, 'reason', ARGV[5])
  end
end
redis.call('XACK', KEYS[1], ARGV[1], id)
redis.call('XDEL', KEYS[1], id)
redis.call('HDEL', KEYS[3], id)
redis.call('HDEL', KEYS[4], id)
return 1
