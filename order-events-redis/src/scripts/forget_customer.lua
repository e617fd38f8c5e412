-- Forgets a customer who has neither orders nor events in the log any more.
local finished = KEYS[3]
local customer_key, customer_seqs, customer_orders = KEYS[4], KEYS[5], KEYS[6]
local member, trimmed = 'c' .. ARGV[3], tonumber(known[3])
redis.call('ZREM', finished, member)
if redis.call('EXISTS', customer_orders) == 1 then return 'kept' end
local last = last_of(customer_key, customer_seqs)
if last > trimmed then
  redis.call('ZADD', finished, number(last), member)
  return 'kept'
end
redis.call('DEL', customer_key, customer_seqs)
if last > tonumber(known[4]) then redis.call('HSET', meta, 'forgotten', number(last)) end
return 'forgotten'
