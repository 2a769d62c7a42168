using System.Security.Cryptography;
using System.Text;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>
/// The constraints of a model's last answers. Applications ask with the same tools and schemas over and over, and much of what a grammar
/// costs is found out while it is used.
/// </summary>
internal sealed class ConstraintCache
{
    // A constraint with what is found out about it takes some megabytes at most.
    private const int Capacity = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, GrammarConstraint? Constraint)>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, GrammarConstraint? Constraint)> _byUse = new();

    /// <summary>The constraint of an answer; null where nothing binds it, or with an error.</summary>
    public GrammarConstraint? Get(ChatPrompt prompt, AnswerRules rules, out SchemaError? error)
    {
        error = null;
        if (!rules.Json && rules.Tools.Count == 0)
        {
            return null;
        }

        var key = KeyOf(prompt, rules);
        lock (_lock)
        {
            if (_byKey.TryGetValue(key, out var found))
            {
                _byUse.Remove(found);
                _byUse.AddFirst(found);
                return found.Value.Constraint;
            }
        }

        var constraint = AnswerGrammar.Create(prompt, rules, out error);
        if (error is null)
        {
            Add(key, constraint);
        }

        return constraint;
    }

    private void Add(string key, GrammarConstraint? constraint)
    {
        lock (_lock)
        {
            if (_byKey.ContainsKey(key))
            {
                return;
            }

            _byKey.Add(key, _byUse.AddFirst((key, constraint)));
            if (_byUse.Count > Capacity)
            {
                _byKey.Remove(_byUse.Last!.Value.Key);
                _byUse.RemoveLast();
            }
        }
    }

    private static string KeyOf(ChatPrompt prompt, AnswerRules rules)
    {
        var text = new StringBuilder();
        text.Append(prompt.IsThinking).Append(prompt.MayThink).Append(rules.MustCall).Append(rules.Parallel).Append(rules.Json);
        text.Append('\n').Append(rules.Schema?.GetRawText());
        foreach (var tool in rules.Tools)
        {
            // Errors name the place in the request, so the same tool elsewhere is another.
            text.Append('\n').Append(tool.Path).Append(' ').Append(tool.Definition.GetRawText());
        }

        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
