-- An order's state, and what was published with a key.
local order, keys, key, waits = KEYS[3], KEYS[4], ARGV[3], ARGV[4] == '1'
for place, kind in pairs({ [3] = 'hash', [4] = 'hash' }) do
  local its = redis.call('TYPE', KEYS[place]).ok
  if its ~= 'none' and its ~= kind then return foreign(KEYS[place]) end
end
local state = redis.call('HMGET', order, 'version', 'status', 'customer', 'finality', 'deleted', 'created', 'updated', 'seq')
if not state[1] and redis.call('EXISTS', order) == 1 then return foreign(order) end
local prior = false
if key ~= '' then
  prior = redis.call('HGET', keys, key)
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
