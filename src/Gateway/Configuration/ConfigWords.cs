using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Configuration;

/// <summary>The words that stand for the values of an enum: kebab-case, or what <see cref="WordAttribute"/> or the name in JSON says.</summary>
internal static class ConfigWords
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyDictionary<string, object>> Words = new();

    /// <summary>Word to value, in the order of the enum.</summary>
    public static IReadOnlyDictionary<string, object> Of(Type type) => Words.GetOrAdd(type, static t => t
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(
            f => f.GetCustomAttribute<WordAttribute>()?.Word ?? f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.KebabCaseLower.ConvertName(f.Name),
            f => f.GetValue(null)!,
            StringComparer.Ordinal));

    public static string Word<T>(T value)
        where T : struct, Enum => Of(typeof(T)).First(w => value.Equals(w.Value)).Key;
}
