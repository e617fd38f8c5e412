-- An order's state, and what was published with a key.
local order, keys, key, waits = KEYS[3], KEYS[4], ARGV[3], ARGV[4] == '1'
local state = redis.pcall('HMGET', order, 'version', 'status', 'customer', 'finality', 'deleted', 'created', 'updated', 'seq')
if state.err then return failed(state, order) end
if not state[1] and redis.call('EXISTS', order) == 1 then return foreign(order) end
local prior = false
if key ~= '' then
  prior = redis.pcall('HGET', keys, key)
  if type(prior) == 'table' then return failed(prior, keys) end
  if prior then
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    local expiry = string.match(prior, '^(%d+) ')
    if not expiry then return foreign(keys) end
    if tonumber(expiry) <= now then prior = false end
    -- A write, so that whoever waits for replicas waits for all that was before it, too.
    if prior and waits then redis.call('HSET', meta, 'format', format) end
  end
end
return { known[1], state, prior }
