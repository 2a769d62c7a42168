namespace Gateway.Configuration;

/// <summary>Collects everything that is wrong with a file. Nothing is thrown and nothing stops at the first.</summary>
internal sealed class ConfigReport(ConfigDocument document)
{
    private readonly List<ConfigError> _errors = [];
    private readonly List<ConfigError> _warnings = [];
    private readonly HashSet<string> _unusable = new(StringComparer.Ordinal);

    public ConfigDocument Document { get; } = document;

    public IReadOnlyList<ConfigError> Errors => InOrder(_errors);

    public IReadOnlyList<ConfigError> Warnings => InOrder(_warnings);

    /// <summary>The value of this key could not be had. What is said about it, or what is in it, later is a consequence and left out.</summary>
    public void Unusable(string key, string message, ConfigPosition? position = null)
    {
        if (!IsUnusable(key))
        {
            Add(_errors, key, message, position);
            _unusable.Add(key);
        }
    }

    public void Error(string key, string message, ConfigPosition? position = null)
    {
        if (!IsUnusable(key))
        {
            Add(_errors, key, message, position);
        }
    }

    public void Warning(string key, string message)
    {
        if (!IsUnusable(key))
        {
            Add(_warnings, key, message, position: null);
        }
    }

    /// <summary>Whether the value of this key, or something that holds it, could not be had.</summary>
    public bool IsUnusable(string key)
    {
        for (var at = key; at is not null; at = ConfigDocument.Parent(at))
        {
            if (_unusable.Contains(at))
            {
                return true;
            }
        }

        return false;
    }

    private void Add(List<ConfigError> list, string key, string message, ConfigPosition? position)
    {
        var (line, column) = position ?? Document.Locate(key);
        list.Add(new ConfigError(Document.File, line, column, key, message));
    }

    private static ConfigError[] InOrder(List<ConfigError> list) => [.. list.OrderBy(e => e.Line).ThenBy(e => e.Column)];
}
