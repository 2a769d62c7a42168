using System.Diagnostics;

namespace Gateway.Configuration;

/// <summary>
/// A value that must not be seen. Records print their properties, loggers print records: neither gets at it, only who asks for it by name.
/// </summary>
[DebuggerDisplay("***")]
internal sealed class Secret(string value) : IEquatable<Secret>
{
    /// <summary>
    /// What a secret looks like in the file: <c>file:PATH</c>, or text with <c>${NAME}</c> in it. A value written out is refused.
    /// </summary>
    public const string Pattern = @"^(file:.+|[^$]*(\$\{[A-Za-z_][A-Za-z0-9_]*\}[^$]*)+)$";

    private readonly string _value = value;

    /// <summary>The value itself.</summary>
    public string Reveal() => _value;

    public bool Equals(Secret? other) => other is not null && string.Equals(_value, other._value, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "***";
}
