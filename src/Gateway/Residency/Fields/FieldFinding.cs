namespace Gateway.Residency.Fields;

/// <summary>What was found in a request.</summary>
/// <param name="Path">The field, as <c>tools[0].type</c>; null when nothing stands against the request.</param>
/// <param name="Effect">What it would do; none for a key that comes twice.</param>
internal readonly record struct FieldFinding(string? Path, FieldEffects Effect)
{
    public bool IsDuplicate => Path is not null && Effect == FieldEffects.None;
}
