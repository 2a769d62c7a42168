using System.Globalization;
using System.Text;

namespace Gateway.Tests.Testing;

/// <summary>Reads HTTP/1.1 messages off a connection as they stand on the wire. A read that gets nothing for long fails, so that no test hangs.</summary>
internal sealed class WireReader(Stream stream)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>The start line and headers; null when the connection ends before them.</summary>
    public async Task<WireHead?> ReadHeadAsync()
    {
        if (await ReadLineAsync() is not { } startLine)
        {
            return null;
        }

        var headers = new List<KeyValuePair<string, string>>();
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        return new WireHead(startLine, headers);
    }

    /// <summary>The body that the head announces; for a response without a length, all until the connection ends.</summary>
    public async Task<byte[]> ReadBodyAsync(WireHead head, bool untilClose = false)
    {
        if (string.Equals(head["Transfer-Encoding"], "chunked", StringComparison.OrdinalIgnoreCase))
        {
            var body = new MemoryStream();
            while (await ReadChunkAsync() is { } chunk)
            {
                await body.WriteAsync(chunk);
            }

            return body.ToArray();
        }

        if (head["Content-Length"] is { } length)
        {
            return await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        return untilClose ? await ReadToEndAsync() : [];
    }

    /// <summary>One chunk of a chunked body; null for the last, empty one.</summary>
    public async Task<byte[]?> ReadChunkAsync()
    {
        var line = await ReadLineAsync() ?? throw new EndOfStreamException("The connection ended before the last chunk.");
        var size = int.Parse(line.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var chunk = await ReadExactlyAsync(size);
        await ReadLineAsync();
        return size == 0 ? null : chunk;
    }

    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new EndOfStreamException($"The connection ended after {at} of {count} bytes.");
            }

            var part = Math.Min(count - at, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(at));
            (at, _start) = (at + part, _start + part);
        }

        return bytes;
    }

    public async Task<byte[]> ReadToEndAsync()
    {
        var body = new MemoryStream();
        do
        {
            await body.WriteAsync(_buffer.AsMemory(_start.._end));
            _start = _end;
        }
        while (await FillAsync());
        return body.ToArray();
    }

    private async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
            {
                return line.Length == 0 ? null : throw new EndOfStreamException("The connection ended inside a line.");
            }

            var character = (char)_buffer[_start++];
            if (character == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(character);
        }
    }

    private async Task<bool> FillAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        (_start, _end) = (0, await stream.ReadAsync(_buffer, patience.Token));
        return _end > 0;
    }
}

/// <summary>The start line and headers of a message, headers in their order.</summary>
internal sealed record WireHead(string StartLine, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The only value of a header; null when there is none.</summary>
    public string? this[string name] => Headers.SingleOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public int Status => int.Parse(StartLine.Split(' ')[1], CultureInfo.InvariantCulture);
}
