-- Compares the order's version, the epoch and the key, and appends. No state machine: what an order
-- may become was decided before. All is checked before anything is written, for a script is not
-- rolled back.
--
-- Numbers: `seq` is added to and compared as a Lua number, which is exact below 2^53; at a million
-- events a second a log takes 285 years to get there. Versions, fingerprints and epochs are only
-- ever compared as text. Times are milliseconds. What is given to Redis is text: a Lua number is
-- written out with all of its digits by each call, which costs as much as the call.

local meta, log, order, seqs, timeline = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local orders, keys, keyring, finished, waiting = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
-- Of the customer the order has after the event, if any, and of whom it had before.
local customer_key, customer_seqs, customer_orders, former_orders = KEYS[11], KEYS[12], KEYS[13], KEYS[14]

-- `format`, `retain`, `age`, `key_window`, `max_keys`, `order_history`, `timeline_entries` and `waits`
-- stand before this: what is the same in every call is not sent with each.
local offered, channel = ARGV[1], ARGV[2]
local id, expected, version, text = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local visibility, weight, at = ARGV[7], ARGV[8], ARGV[9]
local status, customer, finality, deleted = ARGV[10], ARGV[11], ARGV[12], ARGV[13]
local is_timeline, is_work = ARGV[14] == '1', ARGV[15] == '1'
local key, fingerprint, former, planned_in = ARGV[16], ARGV[17], ARGV[18], ARGV[19]

-- How often it is asked who may be forgotten, and how many at once. They are forgotten in two round
-- trips, in which each publisher appends one event: so many publishers at once do not outrun it, though
-- each of their events finishes an order.
local DUE_EVERY, DUE_AT_ONCE = 16, '128'

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function number(value) return string.format('%d', value) end

-- Whatever is at a key that will be written is ours, or nothing: what is read anyway says so by
-- failing, and all else is asked for. Each question costs as much as a write does, so what is asked
-- is what is needed afterwards, too.
local function foreign(name) return redis.error_reply('FOREIGN ' .. name) end
local stopped = nil
local function ours(name, ...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    stopped = stopped or (string.find(answer.err, '^WRONGTYPE') and foreign(name)) or answer
  end
  return answer
end
-- Of a list of ours, the first that is in it.
local function first_of(name, form)
  local first = ours(name, 'LINDEX', name, '0')
  if type(first) == 'string' and not string.find(first, form) then stopped = stopped or foreign(name) end
  return first
end
local function is(name, kind)
  local found = redis.call('TYPE', name).ok
  if found ~= 'none' and found ~= kind then stopped = stopped or foreign(name) end
  return found == kind
end

local known = ours(meta, 'HMGET', meta, 'format', 'epoch', 'run', 'head', 'trimmed', 'forgotten', 'oldest', 'lineage')
if stopped then return stopped end
local epoch, run, head, trimmed, forgotten, oldest, lineage = known[2], known[3], known[4], known[5], known[6], known[7], known[8]
local is_born = not known[1]
if is_born then
  for _, name in ipairs({ meta, log, order }) do
    if redis.call('EXISTS', name) == 1 then return foreign(name) end
  end
  epoch, head, trimmed, forgotten, lineage = offered, '0', '0', '0', ''
elseif known[1] ~= format or not (tonumber(head) and tonumber(trimmed) and tonumber(forgotten)) then
  return foreign(meta)
end
local state = ours(order, 'HMGET', order, 'version', 'customer', 'finality', 'deleted', 'status')
if stopped then return stopped end
local is_new, was_deleted, is_deleted = not state[1], state[4] == '1', deleted == '1'
if is_new and redis.call('EXISTS', order) == 1 then return foreign(order) end

local place = tonumber(head) + 1
local is_over = finality ~= 'open' or is_deleted
local was_over = was_deleted or (state[3] and state[3] ~= 'open')
local due, due_by_time = {}, {}
if place % DUE_EVERY == 0 or is_over or was_over or former ~= '' then
  due = ours(finished, 'ZRANGEBYSCORE', finished, '-inf', trimmed, 'LIMIT', '0', DUE_AT_ONCE)
  due_by_time = ours(waiting, 'ZRANGEBYSCORE', waiting, '-inf', number(now), 'LIMIT', '0', DUE_AT_ONCE)
end
local seen = false
if key ~= '' then seen = ours(keys, 'HGET', keys, key) end
local first_key = first_of(keyring, '^%d+ %d+ .')
local first_seq = first_of(seqs, '^%d+$')
local entries = (is_timeline or was_deleted) and ours(timeline, 'LLEN', timeline)
local is_listed = (is_new or was_deleted or is_deleted) and ours(orders, 'ZSCORE', orders, id)
-- Of an order that is not there nothing else is, either: its hash has been lost.
if is_new and (first_seq or is_listed) then stopped = stopped or foreign(first_seq and seqs or orders) end
local of_customer, first_of_customer, has_orders
if customer ~= '' then
  of_customer = ours(customer_key, 'HMGET', customer_key, 'dropped')
  first_of_customer = first_of(customer_seqs, '^%d+$')
  has_orders = is(customer_orders, 'zset')
end
if former ~= '' then is(former_orders or customer_orders, 'zset') end
if stopped then return stopped end

if seen then
  local expiry = string.match(seen, '^(%d+) ')
  if not expiry then return foreign(keys) end
  if tonumber(expiry) > now then
    -- A write, so that whoever waits for replicas waits for all that was before it, too.
    if waits then redis.call('HSET', meta, 'format', format) end
    return { 'seen', epoch, seen }
  end
end
local found = state[1] or '0'
-- In another epoch the same version may be another event's.
if found ~= expected or (planned_in ~= '' and planned_in ~= epoch) then return { 'conflict', found } end
local had = state[2] or ''
if had ~= '' and had ~= customer and had ~= former then return { 'former', had } end

-- The replication id changes with every restart and promotion: acknowledged events may have been
-- lost, so another epoch begins, and the old one is true up to here.
local here = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local is_another = run ~= here
if not is_born and is_another then
  local former_epochs = { epoch .. ':' .. head }
  for mark in string.gmatch(lineage, '%S+') do
    if #former_epochs < 16 then table.insert(former_epochs, mark) end
  end
  epoch, lineage = offered, table.concat(former_epochs, ' ')
end

local seq = number(place)
local floor = tonumber(trimmed)
-- The first write: where it fails (something foreign, a log that is ahead of what we know, no
-- memory, a replica), nothing has happened.
local added = redis.pcall('XADD', log, 'MINID', '~', number(floor + 1) .. '-0', seq .. '-0', 'r', text, 'v', visibility, 'w', weight, 'at', number(now))
if type(added) == 'table' and added.err then
  if string.find(added.err, 'equal or smaller') or string.find(added.err, '^WRONGTYPE') then return foreign(log) end
  return added
end

if place - retain > floor then floor = place - retain end
oldest = tonumber(oldest or '') or now
if oldest + age <= now then
  oldest = now
  for _, entry in ipairs(redis.call('XRANGE', log, number(floor + 1) .. '-0', seq .. '-0', 'COUNT', '8')) do
    oldest = tonumber(entry[2][8]) or now
    if oldest + age > now then break end
    floor = tonumber(string.match(entry[1], '^%d+'))
  end
end
redis.call('HSET', meta, 'head', seq, 'trimmed', number(floor), 'oldest', number(oldest))
if is_another then
  redis.call('HSET', meta, 'format', format, 'epoch', epoch, 'run', here, 'forgotten', forgotten, 'lineage', lineage)
end

-- Until when the order is kept by a key.
local expiry = number(now + key_window)
local changes = { 'version', version, 'updated', at, 'seq', seq }
local function change(field, value, was)
  if value == was then return end
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end
change('status', status, state[5])
change('customer', customer, state[2])
change('finality', finality, state[3])
change('deleted', deleted, state[4])
if is_new then
  change('created', at)
  change('dropped', forgotten)
  change('keyed', '0')
end
if key ~= '' then change('keyed', expiry) end
redis.call('HSET', order, unpack(changes))
if was_deleted and not is_deleted then
  -- A new life: nothing of the former one but its version and its places in the log.
  redis.call('HSET', order, 'created', at)
  redis.call('HDEL', order, 'work', 'public_work')
  redis.call('DEL', timeline)
  entries = 0
end

-- The places of a scope's events, the last of them: what is let go of is said to be dropped, and so
-- is what was lost before.
local function index(list, hash, first, dropped)
  local held = redis.call('RPUSH', list, seq)
  for _ = 1, 2 do
    local oldest_place = tonumber(first or '')
    if not oldest_place or (held <= order_history and oldest_place > floor) then break end
    dropped = redis.call('LPOP', list)
    held = held - 1
    first = redis.call('LINDEX', list, '0')
  end
  if dropped then redis.call('HSET', hash, 'dropped', dropped) end
end
index(seqs, order, first_seq, not is_new and not first_seq and head)
if customer ~= '' then
  redis.call('HSET', customer_key, 'seq', seq)
  local dropped
  if not first_of_customer and (of_customer[1] or has_orders) then
    dropped = head
  elseif not of_customer[1] then
    -- Of a list whose hash is lost, nobody knows what was before it.
    dropped = first_of_customer and number(tonumber(first_of_customer) - 1) or forgotten
  end
  index(customer_seqs, customer_key, first_of_customer, dropped)
end

local placed = seq .. ' ' .. text
if is_timeline then
  redis.call('RPUSH', timeline, placed)
  if entries >= timeline_entries then redis.call('LTRIM', timeline, number(-timeline_entries), '-1') end
end
if is_work then
  redis.call('HSET', order, 'work', placed)
  if visibility == 'public' then redis.call('HSET', order, 'public_work', placed) end
end

-- Who is gone is in no list of orders; a customer without orders waits to be forgotten.
local function leave(list, whose)
  if redis.call('ZREM', list, id) == 1 and redis.call('EXISTS', list) == 0 then
    redis.call('ZADD', finished, seq, 'c' .. whose)
  end
end
if had ~= '' and had ~= customer then leave(former_orders, had) end
if is_deleted then
  redis.call('ZREM', orders, id)
  if customer ~= '' then leave(customer_orders, customer) end
else
  if is_new or was_deleted then redis.call('ZADD', orders, '0', id) end
  if customer ~= '' and (had ~= customer or was_deleted) then redis.call('ZADD', customer_orders, '0', id) end
end
if is_over then
  redis.call('ZADD', finished, seq, 'o' .. id)
elseif was_over then
  redis.call('ZREM', finished, 'o' .. id)
  redis.call('ZREM', waiting, 'o' .. id)
end

-- The ring is at least as long as there are keys.
local ring = 0
if key ~= '' then
  redis.call('HSET', keys, key, expiry .. ' ' .. fingerprint .. ' ' .. placed)
  ring = redis.call('RPUSH', keyring, expiry .. ' ' .. seq .. ' ' .. key)
end
-- A few more than are added, so that a backlog shrinks.
for _ = 1, 4 do
  local until_when, used_at, old = string.match(first_key or '', '^(%d+) (%d+) (.*)$')
  if not old then break end
  if tonumber(until_when) > now and (ring <= max_keys or redis.call('HLEN', keys) <= max_keys) then break end
  -- One that was used again after it had expired stays.
  local its = string.match(redis.call('HGET', keys, old) or '', '^%d+ %x+ (%d+) ')
  if its == used_at then redis.call('HDEL', keys, old) end
  redis.call('LPOP', keyring)
  first_key = redis.call('LINDEX', keyring, '0')
end

redis.call('SPUBLISH', channel, epoch .. ' ' .. placed)
for _, member in ipairs(due_by_time) do table.insert(due, member) end
return { 'committed', epoch, seq, due }
