-- Takes a job in, unless its trigger is known.
-- KEYS: stream, trigger. ARGV: group, job, seconds to remember.
redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then
  return 0
end
redis.call('XADD', KEYS[1], '*', 'job', ARGV[2], 'tried', '0')
return 1
