#!lua
-- Frees what a node held that is gone: what it had taken and not used, once nothing of it can be under way. KEYS: nodes, the gone node's counts, limits.
-- ARGV: the node, how it was last seen, then for each limit the bucket, the time until which it was held, and what comes back, as a negative number.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return { 0 } end
local freed = 0
for i = 3, #KEYS do
  local a = 3 + (i - 3) * 3
  local field = ARGV[a] .. ' ' .. KEYS[i]
  if redis.call('HGET', KEYS[2], 'e' .. field) == ARGV[a + 1] then
    if redis.call('HEXISTS', KEYS[i], 'b' .. ARGV[a]) == 1 then redis.call('HINCRBY', KEYS[i], 'b' .. ARGV[a], ARGV[a + 2]) end
    redis.call('HINCRBY', KEYS[2], 't' .. field, ARGV[a + 2])
    redis.call('HDEL', KEYS[2], 'e' .. field)
    freed = freed + 1
  end
end
return { freed }
