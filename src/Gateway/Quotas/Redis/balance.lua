#!lua
-- A balance, as the ledger has it. KEYS: the limit. ARGV: paid in, spent, version, milliseconds that it stays.
local version = redis.call('HGET', KEYS[1], 'r')
if not version or tonumber(version) <= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'p', ARGV[1], 'r', ARGV[3])
end
redis.call('HSETNX', KEYS[1], 'L0', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { 1 }
