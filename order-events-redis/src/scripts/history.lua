-- A scope's events after a place: of the tenant from the log itself, of an order or a customer by
-- their list of places, so that nobody else's are looked at.
local hash, list, listed = KEYS[3], KEYS[4], KEYS[5]
local after, last = tonumber(ARGV[3]), tonumber(ARGV[4]) or tonumber(known[2])
local sees_all = ARGV[5] == 'staff'
local events_left, bytes_left, looks_left = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local id = ARGV[9]

if not is(log, 'stream') then return foreign(log) end

-- What is no longer in the log, whoever took it: ourselves, or somebody who trimmed it by hand.
local floor = tonumber(known[3])
local head = tonumber(known[2])
local function place(entry) return tonumber(string.match(entry[1], '^%d+')) end
local oldest, newest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1], redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if not oldest or place(newest) ~= head then
  floor = head
elseif place(oldest) - 1 > floor then
  floor = place(oldest) - 1
end

local dropped, records, came, stopped = 0, {}, after, 'complete'
-- False where a limit is reached.
local function take(entry)
  local fields = {}
  for at = 1, #entry[2], 2 do fields[entry[2][at]] = entry[2][at + 1] end
  if not fields.r or not tonumber(fields.w) then return 'foreign' end
  looks_left = looks_left - 1
  if sees_all or fields.v == 'public' then
    local weight = tonumber(fields.w)
    if events_left <= 0 or (weight > bytes_left and #records > 0) then return 'cut' end
    events_left, bytes_left = events_left - 1, bytes_left - weight
    table.insert(records, number(place(entry)) .. ' ' .. fields.r)
  end
  came = place(entry)
end
-- An event that should be there and is not: nothing before it is a history.
local function lost(at) dropped, records, came = at, {}, at end

if not hash then
  dropped = floor
  if came < floor then came = floor end
  while stopped == 'complete' and came < last do
    local entries = redis.call('XRANGE', log, number(came + 1) .. '-0', number(last) .. '-0', 'COUNT', 64)
    if #entries == 0 then lost(last) break end
    for _, entry in ipairs(entries) do
      if place(entry) ~= came + 1 then lost(place(entry) - 1) end
      local why = take(entry)
      if why == 'foreign' then return foreign(log) end
      if why then stopped = why break end
    end
    if stopped == 'complete' and looks_left <= 0 and came < last then stopped = 'more' end
  end
else
  if not is(hash, 'hash') then return foreign(hash) end
  if not is(list, 'list') then return foreign(list) end
  local known_of_it, places = redis.call('HMGET', hash, 'dropped', 'seq'), redis.call('LRANGE', list, 0, -1)
  dropped = tonumber(known_of_it[1] or known[4])
  if not known_of_it[1] then
    if redis.call('EXISTS', hash) == 1 then return foreign(hash) end
    if not is(listed, 'zset') then return foreign(listed) end
    -- Whose hash is gone had other places before these, perhaps. Where the list is gone, too, an order
    -- is still in the list of all, and a customer has orders.
    if places[1] then
      lost((tonumber(places[1]) or 1) - 1)
    elseif (id == '' and redis.call('EXISTS', listed) == 1) or redis.call('ZSCORE', listed, id) then
      lost(head)
    end
  end
  -- Its last event is known apart: where that is not in the list, what is lost is not known.
  local newest_of_it = tonumber(known_of_it[2] or '') or 0
  if (tonumber(places[#places] or '') or 0) < newest_of_it then
    lost(newest_of_it)
    places = {}
  end
  for _, its in ipairs(places) do
    local at = tonumber(its)
    if not at then return foreign(list) end
    if at <= floor then
      if at > dropped then dropped = at end
    elseif at > after and at <= last then
      if looks_left <= 0 then stopped = 'more' break end
      local entry = redis.call('XRANGE', log, its .. '-0', its .. '-0')[1]
      if entry then
        local why = take(entry)
        if why == 'foreign' then return foreign(log) end
        if why then stopped = why break end
      else
        lost(at)
      end
    end
  end
end
return { known[1], known[2], known[5], number(dropped), stopped, number(came), records }
