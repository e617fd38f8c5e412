-- Put before every script that reads: the tenant's log, which is born where there is none, for its
-- epoch is told to whoever asks. `known` is epoch, head, trimmed, forgotten, lineage.
local meta, log = KEYS[1], KEYS[2]
local format, offered = ARGV[1], ARGV[2]
local function foreign(name) return redis.error_reply('FOREIGN ' .. name) end
local function number(value) return string.format('%d', value) end
local function is(name, kind)
  local found = redis.call('TYPE', name).ok
  return found == 'none' or found == kind
end
-- The place of a scope's last event: the hash of it knows, should its list be lost.
local function last_of(hash, list)
  return math.max(tonumber(redis.call('HGET', hash, 'seq')) or 0, tonumber(redis.call('LINDEX', list, -1)) or 0)
end
-- What a read that failed means.
local function failed(answer, name)
  return string.find(answer.err, '^WRONGTYPE') and foreign(name) or answer
end
local function fields() return redis.pcall('HMGET', meta, 'epoch', 'head', 'trimmed', 'forgotten', 'lineage', 'format') end
local known = fields()
if known.err then return failed(known, meta) end
if not known[6] then
  if redis.call('EXISTS', meta) == 1 then return foreign(meta) end
  if redis.call('EXISTS', log) == 1 then return foreign(log) end
  local here = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  redis.call('HSET', meta, 'format', format, 'epoch', offered, 'run', here, 'head', '0', 'trimmed', '0', 'forgotten', '0', 'lineage', '')
  known = fields()
elseif known[6] ~= format or not (tonumber(known[2]) and tonumber(known[3]) and tonumber(known[4])) then
  return foreign(meta)
end
