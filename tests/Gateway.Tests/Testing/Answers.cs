using System.Globalization;
using System.Text;

namespace Gateway.Tests.Testing;

/// <summary>Answers of upstreams, as they stand on the wire.</summary>
internal static class Answers
{
    /// <summary>An answer's text; it must not come up in logs and metrics.</summary>
    public const string Text = TestGateway.Canary + " Lima.";

    public const string Completion =
        """{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":" """ + Text
        + """ "},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}""";

    public static readonly string Ok = Json(Completion);

    /// <summary>A head that a stream of chunks follows.</summary>
    public const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    public const string LastChunk = "0\r\n\r\n";

    public const string Done = "data: [DONE]\n\n";

    public static string Json(string body, int status = 200, string headers = "") => Whole(body, status, headers + "Content-Type: application/json\r\n");

    public static string Whole(string body, int status = 200, string headers = "") => string.Create(
        CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Something\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{Wire(body)}");

    public static string Event(string text, string finishReason = "null") =>
        $$"""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":{{finishReason}}}]}""" + "\n\n";

    public static byte[] Chunk(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. bytes, .. "\r\n"u8];
    }

    // What goes out a character a byte must be UTF-8 all the same.
    private static string Wire(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
