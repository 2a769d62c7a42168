using System.Globalization;
using System.Text;
using YamlDotNet.Core;

namespace Gateway.Configuration;

/// <summary>What is wrong with a text as YAML.</summary>
internal readonly record struct ConfigSyntaxError(ConfigPosition Position, string Message);

/// <summary>The text of the file: turns bytes into it, and a scanner's faults into places and words that its author can use.</summary>
internal sealed class ConfigSource
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConfigPosition _end;

    private ConfigSource(string text)
    {
        Text = text;
        _end = PositionOf(text, text.Length);
    }

    public string Text { get; }

    /// <summary>The text, or why these bytes are none that can be read.</summary>
    public static ConfigSource? Decode(byte[] bytes, out ConfigSyntaxError? error)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            var before = Encoding.UTF8.GetString(bytes, 0, Math.Clamp(e.Index, 0, bytes.Length));
            error = new(PositionOf(before, before.Length), "not UTF-8 from here on; save the file as UTF-8");
            return null;
        }

        text = text.StartsWith('\uFEFF') ? text[1..] : text;
        // YamlDotNet takes a NUL for the end of the file, and would not read what follows; the rest YAML forbids or breaks lines at.
        for (var i = 0; i < text.Length; i++)
        {
            if ((char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r')) || text[i] is '\u2028' or '\u2029' or '\uFEFF')
            {
                error = new(PositionOf(text, i), string.Create(CultureInfo.InvariantCulture, $"the control character U+{(int)text[i]:X4} may not stand here; remove it"));
                return null;
            }
        }

        error = null;
        return new ConfigSource(text);
    }

    /// <summary>After some faults the scanner counts lines that are not there; the end of the file is what it means.</summary>
    public ConfigPosition Position(Mark mark) =>
        mark.Line > _end.Line ? _end : new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    /// <summary>YamlDotNet's finding in words of somebody who wrote a file, not a scanner.</summary>
    public ConfigSyntaxError Explain(YamlException e)
    {
        var found = e.Message;
        bool Says(string words) => found.Contains(words, StringComparison.Ordinal);

        var lineStart = LineStart((int)Math.Clamp(e.Start.Index, 0, Text.Length));
        // The scanner often stands on the line above the tab.
        if ((IndentingTab(lineStart) ?? (Says(" tab ") ? IndentingTab(LineEnd(lineStart) + 1) : null)) is { } tab)
        {
            return new(PositionOf(Text, tab), "a tab is used to indent; use spaces");
        }

        var line = Text.AsSpan(lineStart, LineEnd(lineStart) - lineStart);
        var message = true switch
        {
            _ when Says(" flow ") && line.Contains("${", StringComparison.Ordinal) => "inside { } or [ ] a `${NAME}` needs quotes: \"${NAME}\"",
            _ when Says("cannot start any token") => "no value begins with this character; put the value in quotes",
            _ when Says("expected ':'") => "a `:` and a space are missing after this key",
            _ when Says("unexpected end of stream") => "the quotes that open here are not closed",
            _ when Says("multiline plain scalar, found invalid mapping") => "a key in the middle of a value; a `:` may be missing on a line above",
            _ when Says("invalid mapping") => "a second `: ` on this line; check the indentation, or put the value in quotes",
            _ when Says("'}'") => "expected `,` or `}`",
            _ when Says("']'") => "expected `,` or `]`",
            _ when Says("'-' indicator") => "expected another `- ` of the list; check the indentation",
            _ when Says("expected key") => "this line does not stand below a key of the same mapping; check the indentation",
            _ when Says("<document") => "this belongs to nothing above; check the indentation",
            _ when Says("Mapping values are not allowed") => "a `: ` without a key before it, or the second one on this line; put a value that holds one in quotes",
            _ when Says("escape character") => "no such escape; a backslash needs single quotes around the value",
            _ => $"not YAML: {found.TrimEnd('.')}",
        };
        return new(Position(e.Start), message);
    }

    private int LineStart(int index) => index == 0 ? 0 : Text.LastIndexOf('\n', index - 1) + 1;

    private int LineEnd(int index) => Text.IndexOf('\n', Math.Min(index, Text.Length)) is >= 0 and var end ? end : Text.Length;

    private int? IndentingTab(int lineStart)
    {
        for (var i = lineStart; i < Text.Length && Text[i] is (' ' or '\t'); i++)
        {
            if (Text[i] == '\t')
            {
                return i;
            }
        }

        return null;
    }

    private static ConfigPosition PositionOf(string text, int index)
    {
        var (line, start) = (1, 0);
        for (var i = 0; i < index; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
            {
                (line, start) = (line + 1, i + 1);
            }
        }

        return new(line, index - start + 1);
    }
}
