-- The next job: one that has waited long enough, one whose lease is over, a new one. Gives its id,
-- its text and which attempt this is; or where there is none, after which id of the stream the next
-- one comes, and in how many milliseconds one that waits is due, if one waits.
-- KEYS: stream, waiting, leases, tries. ARGV: group, milliseconds of a lease, receipt.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, entry in ipairs(redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  local tried, job = string.match(entry, '^(%d+) (.*)$')
  redis.call('XADD', KEYS[1], '*', 'job', job, 'tried', tried)
  redis.call('ZREM', KEYS[2], entry)
end
local function nothing()
  local last, due = '0-0', ''
  if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = info[i + 1] end
    end
  end
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if #first > 0 then due = string.format('%d', math.max(first[2] - now, 1)) end
  return { last, due }
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  return nothing()
end
-- A stream that was made by the line above has no group yet.
redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0')

local entries, from = {}, '0-0'
repeat
  -- One consumer for all: a lease is known by its receipt.
  local claimed = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], 'workers', ARGV[2], from, 'COUNT', 1)
  from, entries = claimed[1], claimed[2]
until #entries > 0 or from == '0-0'
if #entries == 0 then
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], 'workers', 'COUNT', 1,
    'STREAMS', KEYS[1], '>')
  entries = read and read[1][2] or {}
end
if #entries == 0 then
  return nothing()
end

local id, fields = entries[1][1], entries[1][2]
local job, tried = '', 0
for i = 1, #fields, 2 do
  if fields[i] == 'job' then job = fields[i + 1] end
  if fields[i] == 'tried' then tried = tonumber(fields[i + 1]) or 0 end
end
redis.call('HSET', KEYS[3], id, ARGV[3])
local attempt = tried + redis.call('HINCRBY', KEYS[4], id, 1)
return { id, job, string.format('%d', attempt) }
