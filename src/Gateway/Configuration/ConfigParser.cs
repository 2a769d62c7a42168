using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Configuration;

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

    private readonly Dictionary<AnchorName, ConfigNode> _anchors = [];
    private readonly ConfigSource _source;
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private ConfigSyntaxError? _error;
    private long _nodes;

    private ConfigParser(ConfigSource source)
    {
        _source = source;
        _scanner = new Scanner(new StringReader(source.Text), skipComments: true);
        _parser = new Parser(_scanner);
    }

    /// <summary>Reads one document. Neither a root nor an error: there is nothing in the file.</summary>
    public static ConfigNode? Parse(byte[] bytes, out ConfigSyntaxError? error)
    {
        if (ConfigSource.Decode(bytes, out error) is not { } source)
        {
            return null;
        }

        var parser = new ConfigParser(source);
        try
        {
            var root = parser.Document();
            error = parser._error;
            return error is null ? root : null;
        }
        catch (YamlException e)
        {
            error = source.Explain(e);
            return null;
        }
#pragma warning disable CA1031 // YamlDotNet's scanner fails with InvalidOperationException and others on some texts, such as an unclosed `[`.
        catch (Exception)
#pragma warning restore CA1031
        {
            error = new(source.Position(parser._scanner.CurrentPosition), "not YAML from here on; a bracket or a quote above may not be closed");
            return null;
        }
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
            Scalar scalar => new ConfigScalar(_source.Position(at.Start), scalar.Value, scalar.Style == ScalarStyle.Plain),
            SequenceStart => List(_source.Position(at.Start), depth),
            MappingStart => Mapping(_source.Position(at.Start), depth),
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
            var at = _source.Position(_parser.Current!.Start);
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

            entries.Add(new(_source.Position(at), name, value));
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
        _error ??= new(_source.Position(at), message);
        return null;
    }
}
