-- Some orders as they stand: for each its hash and its timeline, two keys.
local orders = {}
for place = 3, #KEYS, 2 do
  local order, timeline = KEYS[place], KEYS[place + 1]
  local its, line = redis.call('TYPE', order).ok, redis.call('TYPE', timeline).ok
  if its ~= 'none' and its ~= 'hash' then return foreign(order) end
  if line ~= 'none' and line ~= 'list' then return foreign(timeline) end
  local state = redis.call('HMGET', order, 'version', 'status', 'customer', 'finality', 'deleted', 'created', 'updated', 'seq', 'work', 'public_work')
  if not state[1] and its == 'hash' then return foreign(order) end
  table.insert(orders, { state, redis.call('LRANGE', timeline, 0, -1) })
end
return { known[1], known[2], orders }
