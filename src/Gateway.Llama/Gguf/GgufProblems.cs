namespace Gateway.Llama.Gguf;

/// <summary>Gathers what is wrong; a file of nothing but mistakes is not listed to its end.</summary>
internal sealed class GgufProblems
{
    private const int Most = 1000;
    private readonly List<GgufProblem> _list = [];

    public IReadOnlyList<GgufProblem> List => _list;

    public void Add(string field, string message)
    {
        if (_list.Count < Most)
        {
            _list.Add(new GgufProblem(field, message));
        }
        else if (_list.Count == Most)
        {
            _list.Add(new GgufProblem("file", $"it has more than {Most} problems; the rest is not listed"));
        }
    }

    /// <summary>A problem of a metadata value.</summary>
    public void AddKey(string key, string message) => Add(KeyField(key), message);

    public static string KeyField(string key) => $"metadata \"{GgufText.Show(key)}\"";
}
