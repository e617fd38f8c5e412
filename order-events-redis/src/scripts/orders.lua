-- Some orders as they stand: for each its hash and its timeline, two keys.
local orders = {}
for place = 3, #KEYS, 2 do
  local order, timeline = KEYS[place], KEYS[place + 1]
  if not is(order, 'hash') then return foreign(order) end
  if not is(timeline, 'list') then return foreign(timeline) end
  local state = redis.call('HMGET', order, 'version', 'status', 'customer', 'finality', 'deleted', 'created', 'updated', 'seq', 'work', 'public_work')
  if not state[1] and redis.call('EXISTS', order) == 1 then return foreign(order) end
  table.insert(orders, { state, redis.call('LRANGE', timeline, 0, -1) })
end
return { known[1], known[2], orders }
