-- Put before every script that reads: the tenant's log, which is born where there is none, for its
-- epoch is told to whoever asks. `known` is epoch, head, trimmed, forgotten, lineage.
local meta, log = KEYS[1], KEYS[2]
local format, offered = ARGV[1], ARGV[2]
local function foreign(name) return redis.error_reply('FOREIGN ' .. name) end
local function number(value) return string.format('%.0f', value) end
for place, kind in ipairs({ 'hash', 'stream' }) do
  local found = redis.call('TYPE', KEYS[place]).ok
  if found ~= 'none' and found ~= kind then return foreign(KEYS[place]) end
end
local found = redis.call('HGET', meta, 'format')
if not found then
  if redis.call('EXISTS', meta) == 1 then return foreign(meta) end
  if redis.call('EXISTS', log) == 1 then return foreign(log) end
  local here = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  redis.call('HSET', meta, 'format', format, 'epoch', offered, 'run', here, 'head', '0', 'trimmed', '0', 'forgotten', '0', 'lineage', '')
elseif found ~= format then
  return foreign(meta)
end
local known = redis.call('HMGET', meta, 'epoch', 'head', 'trimmed', 'forgotten', 'lineage')
