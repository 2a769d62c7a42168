#!lua
-- One round trip of a node: what it gives back and has used, then reservations, each of all its limits or none. Redis's clock decides.
-- KEYS: meta, nodes, the node's own counts, then a hash for each limit: b<bucket> taken, u<bucket> used, L<bucket> the ledger's, v<bucket> what of the
-- ledger's is in b too, p paid in.
-- Every node keeps its own share of b and u under its own key, so that what Redis lost can be put back, and what a dead node held can be freed.

local at = 0
local function arg()
  at = at + 1
  return ARGV[at]
end

-- Amounts are whole numbers of 64 bits, as texts; Lua's numbers are exact to 53. A pair is thousand millions and the rest.
local BASE = 1000000000
local function pair(text)
  if #text <= 15 then
    local value = tonumber(text)
    return { math.floor(value / BASE), value % BASE }
  end
  return { tonumber(text:sub(1, -10)), tonumber(text:sub(-9)) }
end
local function add(a, value)
  local low = a[2] + value
  return { a[1] + math.floor(low / BASE), low % BASE }
end
local function minus(a, b)
  local low = a[2] - b[2]
  return { a[1] - b[1] + math.floor(low / BASE), low % BASE }
end
local function plus(a, b)
  return add({ a[1] + b[1], a[2] }, b[2])
end
-- Exact near 0, where it matters.
local function room(limit, total)
  return (limit[1] - total[1]) * BASE + (limit[2] - total[2])
end
local function text(a)
  if a[1] < 0 then return '0' end
  if a[1] == 0 then return string.format('%.0f', a[2]) end
  return string.format('%.0f%09.0f', a[1], a[2])
end

local meta, nodes, mine = KEYS[1], KEYS[2], KEYS[3]
local node, generation, epoch, low, high = arg(), arg(), arg(), tonumber(arg()), tonumber(arg())
local beats, ready = arg() == '1', arg()

-- A command that was sent before the node lost its connection, or before Redis lost its data, must not count behind its back.
local state = redis.call('HMGET', meta, 'gen', 'off', 'last', 'until', 'expected')
local entry = redis.call('HGET', nodes, node)
if state[1] ~= generation or not entry or entry:match('^%S+') ~= epoch then
  return { 'join' }
end

-- Time that only goes on: the nodes' own clocks bear witness of how much of it can have passed, so a clock that is set back or forward frees nothing early.
local time = redis.call('TIME')
local wall = time[1] * 1000000 + time[2]
local now = wall + tonumber(state[2] or 0)
if high and now > high then now = high end
if low and now < low then now = low end
if state[3] and now < tonumber(state[3]) then now = tonumber(state[3]) end
redis.call('HSET', meta, 'off', string.format('%.0f', now - wall), 'last', string.format('%.0f', now))

local recovering = state[4] and now < tonumber(state[4])
local alive, gone = 0, {}
if beats then
  redis.call('HSET', nodes, node, string.format('%s %s %.0f %s', epoch, generation, now, ready))
  local all, counted = redis.call('HGETALL', nodes), 0
  for i = 1, #all, 2 do
    local _, gen, seen, isReady = all[i + 1]:match('^(%S+) (%S+) (%S+) (%S+)$')
    local silent = now - (tonumber(seen) or 0)
    if gen == generation and isReady == '1' then counted = counted + 1 end
    if silent < 3000000 then
      alive = alive + 1
    elseif silent > 604800000000 then
      redis.call('HDEL', nodes, all[i])
    elseif silent > 5000000 then
      gone[#gone + 1] = all[i]
    end
  end
  -- After a loss nobody is admitted before all who are alive have told what they know.
  if state[4] and (not recovering or counted >= tonumber(state[5])) then
    redis.call('HDEL', meta, 'until', 'expected')
    recovering = false
  end
  redis.call('PEXPIRE', meta, 3024000000)
  redis.call('PEXPIRE', nodes, 3024000000)
  redis.call('PEXPIRE', mine, 604800000)
end

local function leaves(limit, bucket)
  return (bucket + 1) * limit[1] + limit[2]
end

-- The limits: kind (s sliding: length of a bucket and of the window; c calendar: the beginnings of three windows and the end of the last; n none), amount, and until when
-- the node's share of them may not be freed by others.
local limits = {}
for i = 1, tonumber(arg()) do
  local limit = { key = KEYS[3 + i], kind = arg(), tonumber(arg()), tonumber(arg()), tonumber(arg()), tonumber(arg()), amount = arg(), untilTime = arg(), take = 0 }
  if limit.kind == 's' then
    limit.bucket = math.floor(now / limit[1])
    limit.life = math.floor((limit[2] + 2 * limit[1]) / 1000) + 60000
  elseif limit.kind == 'c' then
    for w = 1, 3 do
      if wall >= limit[w] and wall < limit[w + 1] then limit.bucket, limit.ends = limit[w], limit[w + 1] end
    end
    limit.life = math.max(0, math.floor((limit[4] - wall) / 1000)) + 86400000
  else
    limit.bucket = 0
    limit.life = limit.amount == '' and 34560000000 or 172800000
  end
  limits[i] = limit
end

-- HINCRBY fails on what is not ours; nothing has been changed then.
local function count(key, field, delta)
  if delta == '0' then return true end
  local result = redis.pcall('HINCRBY', key, field, delta)
  return type(result) == 'number'
end

-- What the node gives back, has used or knows that Redis does not.
for _ = 1, tonumber(arg()) do
  local limit, bucket, taken, used, known, untilTime = limits[tonumber(arg())], arg(), arg(), arg(), arg(), arg()
  if limit.kind ~= 's' or leaves(limit, tonumber(bucket)) > now then
    if count(limit.key, 'b' .. bucket, taken) and count(limit.key, 'u' .. bucket, used) and count(limit.key, 'v' .. bucket, known) then
      redis.call('PEXPIRE', limit.key, limit.life)
    end
    local field = bucket .. ' ' .. limit.key
    count(mine, 't' .. field, taken)
    count(mine, 'u' .. field, used)
    if untilTime ~= '' then redis.call('HSET', mine, 'e' .. field, untilTime) end
  end
end
for _ = 1, tonumber(arg()) do
  local field = arg()
  redis.call('HDEL', mine, 't' .. field, 'u' .. field, 'e' .. field)
end

for i = 1, #limits do
  local limit = limits[i]
  local fields = redis.pcall('HGETALL', limit.key)
  if fields.err or not limit.bucket then
    limit.bad = fields.err and 'x' or 'w'
  else
    local sum, used, buckets, dead, newest = 0, 0, {}, {}, -1
    local exact = {}
    for f = 1, #fields, 2 do
      local name, value = fields[f], fields[f + 1]
      local kind, bucket = name:sub(1, 1), tonumber(name:sub(2))
      if not value:match('^%-?%d+$') then
        limit.bad = 'x'
      elseif limit.kind == 's' and bucket then
        if leaves(limit, bucket) <= now then
          dead[#dead + 1] = name
        elseif kind == 'b' then
          local amount = tonumber(value)
          sum = sum + amount
          buckets[#buckets + 1] = { bucket, amount }
          if amount > 0 and bucket > newest then newest = bucket end
        elseif kind == 'u' then
          used = used + tonumber(value)
        end
      elseif limit.kind == 'c' and bucket and bucket < limit[1] - 691200000000 then
        -- Long over, even for a clock that was put back.
        dead[#dead + 1] = name
      elseif bucket == limit.bucket or kind == 'p' then
        exact[kind] = pair(value)
      end
    end
    if not limit.bad then
      if #dead > 0 then redis.call('HDEL', limit.key, unpack(dead)) end
      if limit.kind == 's' then
        limit.total, limit.used, limit.buckets, limit.newest = add({ 0, 0 }, sum), add({ 0, 0 }, used), buckets, newest
      else
        local zero = { 0, 0 }
        local ledger = minus(exact.L or zero, exact.v or zero)
        if ledger[1] < 0 then ledger = zero end
        limit.total, limit.used = plus(exact.b or zero, ledger), plus(exact.u or zero, ledger)
        if limit.total[1] < 0 then limit.total = zero end
      end
      if limit.amount ~= '' then
        limit.whole = pair(limit.amount)
      elseif exact.p then
        limit.whole = exact.p
      else
        limit.bad = 'p'
      end
    end
  end
end

-- How long until so much more fits. An empty balance is before all, a slot, which may be free at any moment, behind all.
local function wait(limit, need)
  if limit.kind == 'n' then return limit.amount == '' and 9e15 or 0 end
  if limit.kind == 'c' then return limit.ends - wall end
  table.sort(limit.buckets, function(a, b) return a[1] < b[1] end)
  local missing = need - room(limit.whole, limit.total)
  for _, bucket in ipairs(limit.buckets) do
    missing = missing - bucket[2]
    if missing <= 0 then return leaves(limit, bucket[1]) - now end
  end
  return leaves(limit, limit.bucket) - now
end

local answers = {}
for _ = 1, tonumber(arg()) do
  local charges, verdict, index, longest = {}, '1', 0, -1
  for c = 1, tonumber(arg()) do
    local limit, amount, held, rest, more = limits[tonumber(arg())], tonumber(arg()), arg(), tonumber(arg()), tonumber(arg())
    local charge = { limit = limit, more = more }
    charges[c] = charge
    if recovering or limit.bad then
      if verdict ~= 'x' then verdict, index = 'x', c - 1 end
    else
      charge.need = tonumber(held) == limit.bucket and rest or amount
      if room(limit.whole, limit.total) < charge.need then
        local retry = wait(limit, charge.need)
        if verdict == '1' or (verdict == '0' and retry > longest) then verdict, index, longest = '0', c - 1, retry end
      end
    end
  end
  answers[#answers + 1] = verdict
  answers[#answers + 1] = index
  answers[#answers + 1] = longest
  for _, charge in ipairs(charges) do
    local limit, more = charge.limit, 0
    if verdict == '1' then
      limit.total, limit.take = add(limit.total, charge.need), limit.take + charge.need
      if charge.more > 0 and room(limit.whole, limit.total) >= charge.more then
        more = charge.more
        limit.total, limit.take = add(limit.total, more), limit.take + more
      end
    end
    answers[#answers + 1] = more
  end
end

local reply = { 'ok', now, wall, alive, recovering and 1 or 0, #limits }
for i = 1, #limits do
  local limit = limits[i]
  if limit.take > 0 then
    local taken, bucket = string.format('%.0f', limit.take), string.format('%.0f', limit.bucket)
    local field = bucket .. ' ' .. limit.key
    redis.call('HINCRBY', limit.key, 'b' .. bucket, taken)
    redis.call('HINCRBY', mine, 't' .. field, taken)
    if limit.untilTime ~= '' then redis.call('HSET', mine, 'e' .. field, limit.untilTime) end
    redis.call('PEXPIRE', limit.key, limit.life)
    redis.call('PEXPIRE', mine, 604800000)
  end
  reply[#reply + 1] = limit.bad or 'ok'
  reply[#reply + 1] = limit.bucket or 0
  reply[#reply + 1] = limit.total and text(limit.total) or '0'
  reply[#reply + 1] = limit.used and text(limit.used) or '0'
  reply[#reply + 1] = limit.whole and text(limit.whole) or '0'
  if limit.kind == 'c' then
    reply[#reply + 1] = limit.ends and limit.ends - wall or 0
  else
    reply[#reply + 1] = limit.kind == 's' and limit.newest and limit.newest >= 0 and leaves(limit, limit.newest) - now or 0
  end
end
for i = 1, #answers do reply[#reply + 1] = answers[i] end
for i = 1, #gone do reply[#reply + 1] = gone[i] end
return reply
