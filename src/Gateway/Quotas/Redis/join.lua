#!lua
-- A node begins, or begins again after it lost the connection. What it sent before under another epoch no longer counts.
-- KEYS: meta, nodes, the node's own counts.
local meta, nodes, mine = KEYS[1], KEYS[2], KEYS[3]
local node, epoch, low, high, fresh, expected, recovery = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])

if not redis.REDIS_VERSION_NUM or redis.REDIS_VERSION_NUM < 0x00070000 then
  return { 'old' }
end

local time = redis.call('TIME')
local wall = time[1] * 1000000 + time[2]
local state = redis.call('HMGET', meta, 'gen', 'off', 'last', 'run', 'born', 'until')
local now = wall + tonumber(state[2] or 0)
if high and now > high then now = high end
if low and now < low then now = low end
if state[3] and now < tonumber(state[3]) then now = tonumber(state[3]) end

-- Another run of the server, or another server, may lack what was counted last; one without our mark lacks all of it.
local run = redis.call('INFO', 'server'):match('run_id:(%w+)')
local generation, born, untilTime = state[1], state[5], state[6]
if not generation or not born or state[4] ~= run then
  generation, born, untilTime = fresh, born or fresh, string.format('%.0f', now + recovery)
  local known = redis.call('HGETALL', nodes)
  local others = 0
  for i = 1, #known, 2 do
    local seen = tonumber(known[i + 1]:match('^%S+ %S+ (%S+)'))
    if known[i] ~= node and seen and state[3] and tonumber(state[3]) - seen < 3000000 then others = others + 1 end
  end
  redis.call('HSET', meta, 'gen', generation, 'born', born, 'run', run, 'until', untilTime, 'expected', math.max(expected, others + 1))
end
redis.call('HSET', meta, 'off', string.format('%.0f', now - wall), 'last', string.format('%.0f', now))
redis.call('PEXPIRE', meta, 3024000000)
redis.call('HSET', nodes, node, string.format('%s %s %.0f 0', epoch, generation, now))
redis.call('PEXPIRE', nodes, 3024000000)
redis.call('PEXPIRE', mine, 604800000)

local reply = { 'ok', generation, born, now, wall }
local counts = redis.call('HGETALL', mine)
for i = 1, #counts do reply[#reply + 1] = counts[i] end
return reply
