using System.Security.Cryptography;
using System.Text;

namespace Gateway.Quotas.Redis;

/// <summary>A script, with the hash that Redis knows it by.</summary>
internal sealed class RedisScript
{
    // Where tests put a clock of their own in the place of the server's.
    private const string Clock = "redis.call('TIME')";

    private RedisScript(string text)
    {
        Text = text;
#pragma warning disable CA5350 // Redis's own name of a script; nothing rests on it being hard to forge.
        Hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    public string Text { get; }

    /// <summary>SHA-1, in hexadecimal, for <c>EVALSHA</c>.</summary>
    public string Hash { get; }

    /// <param name="name">Name of the file in this folder.</param>
    /// <param name="clock">What tells the time in the place of Redis's clock: an expression of Lua that gives seconds and microseconds; null for Redis's own.</param>
    public static RedisScript Load(string name, string? clock)
    {
        using var reader = new StreamReader(typeof(RedisScript).Assembly.GetManifestResourceStream($"redis/{name}.lua")!);
        var text = reader.ReadToEnd();
        return new RedisScript(clock is null ? text : text.Replace(Clock, clock, StringComparison.Ordinal));
    }
}
