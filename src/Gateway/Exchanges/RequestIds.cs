namespace Gateway.Exchanges;

/// <summary>
/// The id of a request, <c>req_</c> and 128 random bits in hexadecimal: ASP.NET's <see cref="HttpContext.TraceIdentifier"/>, and the client's <c>x-request-id</c>.
/// </summary>
internal static class RequestIds
{
    public const string Header = "x-request-id";

    /// <summary>Gives the request its id.</summary>
    public static void Assign(HttpContext context) => context.TraceIdentifier = Create();

    /// <summary>Puts the id into the response's headers, where no other stands (an upstream's goes before ours).</summary>
    public static void Stamp(HttpContext context) => context.Response.Headers.TryAdd(Header, context.TraceIdentifier);

    private static string Create()
    {
        // Unique, not secret: no need of the slower cryptographic kind.
        Span<byte> random = stackalloc byte[16];
        Random.Shared.NextBytes(random);
        return string.Create(4 + 32, random, static (chars, bytes) =>
        {
            "req_".CopyTo(chars);
            Convert.TryToHexStringLower(bytes, chars[4..], out _);
        });
    }
}
