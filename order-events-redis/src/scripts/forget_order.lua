-- Forgets an order that is finished, trimmed, and whose keys have expired; looks at all of it once
-- more, for it was only said to be due.
local finished, waiting, orders = KEYS[3], KEYS[4], KEYS[5]
local order, seqs, timeline = KEYS[6], KEYS[7], KEYS[8]
local customer_key, customer_seqs, customer_orders = KEYS[9], KEYS[10], KEYS[11]
local id, customer = ARGV[3], ARGV[4]
local member, trimmed = 'o' .. id, tonumber(known[3])
local function leave()
  redis.call('ZREM', finished, member)
  redis.call('ZREM', waiting, member)
end
local state = redis.call('HMGET', order, 'seq', 'finality', 'deleted', 'customer', 'keyed')
local seq = tonumber(state[1])
if not seq or (state[2] == 'open' and state[3] ~= '1') then
  leave()
  return 'kept'
end
if seq > trimmed then
  leave()
  redis.call('ZADD', finished, number(seq), member)
  return 'kept'
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if tonumber(state[5]) > now then
  leave()
  redis.call('ZADD', waiting, state[5], member)
  return 'kept'
end
if state[4] ~= customer then return 'kept' end

leave()
redis.call('DEL', order, seqs, timeline)
redis.call('ZREM', orders, id)
local gone = seq
if customer ~= '' and redis.call('ZREM', customer_orders, id) == 1 and redis.call('EXISTS', customer_orders) == 0 then
  local last = last_of(customer_key, customer_seqs)
  if last <= trimmed then
    redis.call('DEL', customer_key, customer_seqs)
    if last > gone then gone = last end
  else
    redis.call('ZADD', finished, number(last), 'c' .. customer)
  end
end
if gone > tonumber(known[4]) then redis.call('HSET', meta, 'forgotten', number(gone)) end
return 'forgotten'
