using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Configuration;

/// <summary>What is wrong with a text as YAML.</summary>
internal readonly record struct ConfigSyntaxError(ConfigPosition Position, string Message);

/// <summary>
/// Bytes to <see cref="ConfigNode"/>. Works on YamlDotNet's events and not on its representation model, because that model stops at the
/// first duplicate key and puts no bound on what aliases expand to.
/// </summary>
internal sealed class ConfigParser
{
    /// <summary>Four times the size at which a file of this kind stops being one that people read.</summary>
    public const int LargestFile = 4 * 1024 * 1024;

    public const int MaxDepth = 64;

    /// <summary>Values in the file, those of an alias counted each time: a tenant with keys and models takes about twenty.</summary>
    public const int MaxNodes = 200_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<AnchorName, ConfigNode> _anchors = [];
    private readonly string _text;
    private readonly Parser _parser;
    private ConfigSyntaxError? _error;
    private long _nodes;

    private ConfigParser(string text)
    {
        _text = text;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads one document. Neither a root nor an error: there is nothing in the file.</summary>
    public static ConfigNode? Parse(byte[] bytes, out ConfigSyntaxError? error)
    {
        if (Decode(bytes, out error) is not { } text)
        {
            return null;
        }

        var parser = new ConfigParser(text);
        try
        {
            var root = parser.Document();
            error = parser._error;
            return error is null ? root : null;
        }
        catch (YamlException e)
        {
            error = parser.Explain(e);
            return null;
        }
    }

    private static string? Decode(byte[] bytes, out ConfigSyntaxError? error)
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
        return text;
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

    private ConfigNode? Document()
    {
        _parser.MoveNext();
        _parser.MoveNext();
        if (_parser.Current is not DocumentStart)
        {
            return null;
        }

        _parser.MoveNext();
        var root = Node(depth: 1);
        if (_error is not null)
        {
            return null;
        }

        _parser.MoveNext();
        _parser.MoveNext();
        if (_parser.Current is DocumentStart second)
        {
            return Fail(second.Start, "a second document begins here; the configuration is one document, so remove the `---`");
        }

        return root is ConfigScalar { IsNull: true } ? null : root;
    }

    /// <summary>The node that the parser stands at; leaves it at the node's last event.</summary>
    private ConfigNode? Node(int depth)
    {
        var at = _parser.Current!;
        if (depth > MaxDepth)
        {
            return Fail(at.Start, string.Create(CultureInfo.InvariantCulture, $"nested deeper than {MaxDepth} levels"));
        }

        if (at is AnchorAlias alias)
        {
            return Alias(alias, depth);
        }

        var node = at as NodeEvent;
        if (node is { Tag: { IsEmpty: false, IsNonSpecific: false } })
        {
            return Fail(at.Start, "tags (`!...`) have no meaning here; remove it");
        }

        if (!Count(at.Start, 1))
        {
            return null;
        }

        ConfigNode? result = at switch
        {
            Scalar scalar => new ConfigScalar(Position(at.Start), scalar.Value, scalar.Style == ScalarStyle.Plain),
            SequenceStart => List(Position(at.Start), depth),
            MappingStart => Mapping(Position(at.Start), depth),
            _ => Fail(at.Start, "a value is missing here"),
        };
        // Known only from here on, so that an anchor cannot be inside itself.
        if (result is not null && node is { Anchor.IsEmpty: false })
        {
            _anchors[node.Anchor] = result;
        }

        return result;
    }

    private ConfigNode? Alias(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchored))
        {
            return Fail(alias.Start, "no anchor of this name is finished above; a text that begins with `*` needs quotes");
        }

        if (depth + anchored.Height - 1 > MaxDepth)
        {
            return Fail(alias.Start, string.Create(CultureInfo.InvariantCulture, $"this alias nests deeper than {MaxDepth} levels"));
        }

        return Count(alias.Start, anchored.Size) ? anchored : null;
    }

    private ConfigCollection? List(ConfigPosition position, int depth)
    {
        var items = new List<ConfigEntry>();
        for (_parser.MoveNext(); _parser.Current is not SequenceEnd; _parser.MoveNext())
        {
            var at = Position(_parser.Current!.Start);
            if (Node(depth + 1) is not { } item)
            {
                return null;
            }

            items.Add(new(at, ConfigEntry.Index(items.Count), item));
        }

        return new(position, isList: true, items);
    }

    private ConfigCollection? Mapping(ConfigPosition position, int depth)
    {
        var entries = new List<ConfigEntry>();
        for (_parser.MoveNext(); _parser.Current is not MappingEnd; _parser.MoveNext())
        {
            var at = _parser.Current!.Start;
            if (Node(depth + 1) is not { } key)
            {
                return null;
            }

            if (key is not ConfigScalar { Text: var name })
            {
                Fail(at, "a key is plain text; quote `${NAME}` and other values that begin with a bracket");
                return null;
            }

            _parser.MoveNext();
            if (Node(depth + 1) is not { } value)
            {
                return null;
            }

            entries.Add(new(Position(at), name, value));
        }

        return new(position, isList: false, entries);
    }

    private bool Count(Mark at, long nodes)
    {
        _nodes += nodes;
        if (_nodes <= MaxNodes)
        {
            return true;
        }

        Fail(at, string.Create(CultureInfo.InvariantCulture, $"more than {MaxNodes} values up to here, aliases counted each time they are used"));
        return false;
    }

    private ConfigNode? Fail(Mark at, string message)
    {
        _error ??= new(Position(at), message);
        return null;
    }

    private static ConfigPosition Position(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    /// <summary>YamlDotNet's finding in words of somebody who wrote a file, not a scanner.</summary>
    private ConfigSyntaxError Explain(YamlException e)
    {
        var index = (int)Math.Clamp(e.Start.Index, 0, _text.Length);
        var lineStart = index == 0 ? 0 : _text.LastIndexOf('\n', index - 1) + 1;
        var lineEnd = _text.IndexOf('\n', index) is >= 0 and var end ? end : _text.Length;
        var line = _text.AsSpan(lineStart, lineEnd - lineStart);

        var found = e.Message;
        bool Says(string words) => found.Contains(words, StringComparison.Ordinal);
        var message = true switch
        {
            _ when Says(" tab ") || line[..(line.Length - line.TrimStart().Length)].Contains('\t') => "a tab is used to indent; use spaces",
            _ when Says(" flow ") && line.Contains("${", StringComparison.Ordinal) => "inside { } or [ ] a `${NAME}` needs quotes: \"${NAME}\"",
            _ when Says("cannot start any token") => "no value begins with this character; put the value in quotes",
            _ when Says("expected ':'") => "a `:` and a space are missing after this key",
            _ when Says("unexpected end of stream") => "the quotes that open here are not closed",
            _ when Says("invalid mapping") => "a second `: ` on this line; check the indentation, or put the value in quotes",
            _ when Says("'}'") => "expected `,` or `}`",
            _ when Says("']'") => "expected `,` or `]`",
            _ when Says("'-' indicator") => "expected another `- ` of the list; check the indentation",
            _ when Says("expected key") => "this line does not stand below a key of the same mapping; check the indentation",
            _ when Says("escape character") => "no such escape; a backslash needs single quotes around the value",
            _ => $"not YAML: {found.TrimEnd('.')}",
        };
        return new(Position(e.Start), message);
    }
}
