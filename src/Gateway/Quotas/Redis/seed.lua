#!lua
-- What the ledger knows of a limit, where nobody has counted yet. KEYS: meta, the limit. ARGV: kind, length of a bucket, milliseconds that it stays, then times (of calendar
-- windows their beginnings) and amounts.
local kind, length, life = ARGV[1], tonumber(ARGV[2]), ARGV[3]
if kind == 's' then
  if redis.call('EXISTS', KEYS[2]) == 1 then return { 0 } end
  local off = tonumber(redis.call('HGET', KEYS[1], 'off') or 0)
  for i = 4, #ARGV, 2 do
    local bucket = string.format('%.0f', math.floor((tonumber(ARGV[i]) + off) / length))
    redis.call('HINCRBY', KEYS[2], 'b' .. bucket, ARGV[i + 1])
    redis.call('HINCRBY', KEYS[2], 'u' .. bucket, ARGV[i + 1])
  end
else
  for i = 4, #ARGV, 2 do redis.call('HSETNX', KEYS[2], 'L' .. ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[2], life)
return { 1 }
