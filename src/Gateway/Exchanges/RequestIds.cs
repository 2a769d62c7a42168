using System.Buffers;
using System.Globalization;
using Gateway.Stores;

namespace Gateway.Exchanges;

/// <summary>
/// The id of a request: ASP.NET's <see cref="HttpContext.TraceIdentifier"/>, and the client's <c>x-request-id</c>. <c>req_</c>, the time in
/// microseconds since 1970 and 72 random bits, both in hexadecimal: so ids sort by time, and the ledger finds a line by its id without an index of ids.
/// </summary>
internal static class RequestIds
{
    public const string Header = "x-request-id";

    private const string Prefix = "req_";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    // 56 bits of microseconds last until the year 4253.
    private const int TimeDigits = 14;
    private const int RandomDigits = 18;

    /// <summary>Gives the request its id.</summary>
    public static void Assign(HttpContext context, DateTimeOffset now) => context.TraceIdentifier = Create(now);

    /// <summary>Puts the id into the response's headers, where no other stands (an upstream's goes before ours).</summary>
    public static void Stamp(HttpContext context) => context.Response.Headers.TryAdd(Header, context.TraceIdentifier);

    public static string Create(DateTimeOffset now) => string.Create(Prefix.Length + TimeDigits + RandomDigits, now, static (chars, now) =>
    {
        // Unique, not secret: no need of the slower cryptographic kind.
        Span<byte> random = stackalloc byte[RandomDigits / 2];
        Random.Shared.NextBytes(random);
        Prefix.CopyTo(chars);
        StoreTime.ToMicroseconds(now).TryFormat(chars[Prefix.Length..], out _, "x14", CultureInfo.InvariantCulture);
        Convert.TryToHexStringLower(random, chars[(Prefix.Length + TimeDigits)..], out _);
    });

    /// <summary>When the request with this id came; false for what is no id of ours.</summary>
    public static bool TryGetTime(string id, out DateTimeOffset time)
    {
        time = default;
        if (id.Length != Prefix.Length + TimeDigits + RandomDigits || !id.StartsWith(Prefix, StringComparison.Ordinal)
            || id.AsSpan(Prefix.Length).ContainsAnyExcept(Digits))
        {
            return false;
        }

        var microseconds = long.Parse(id.AsSpan(Prefix.Length, TimeDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (microseconds > StoreTime.ToMicroseconds(DateTimeOffset.MaxValue))
        {
            return false;
        }

        time = StoreTime.FromMicroseconds(microseconds);
        return true;
    }
}
