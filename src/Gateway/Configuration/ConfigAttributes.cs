namespace Gateway.Configuration;

/// <summary>The key must be there.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RequiredAttribute : Attribute;

/// <summary>The value is taken from the environment (<c>${NAME}</c>) or a file (<c>file:PATH</c>), never written out.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;

/// <summary>A plain scalar may stand for an object that has nothing but this property.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShorthandAttribute(string property) : Attribute
{
    public string Property { get; } = property;
}
