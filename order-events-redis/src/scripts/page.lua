-- A page of orders: which ones, in the order of their ids.
local list, from, limit = KEYS[3], ARGV[3], tonumber(ARGV[4])
if not is(list, 'zset') then return foreign(list) end
return { known[1], known[2], known[5], redis.call('ZRANGEBYLEX', list, from, '+', 'LIMIT', 0, limit) }
