using System.Numerics;
using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Residency.Fields;

/// <summary>What policies say of the effects that fields may have.</summary>
internal static class SideDoors
{
    // Whoever sent a file to the upstream by other ways, the gateway's key opens it to all tenants.
    private const FieldEffects DeniedToAll = FieldEffects.FileIds;

    /// <summary>Key in the configuration, what is denied by it, and the same in words, at the effect's place.</summary>
    private static readonly (string Key, string Words)[] Doors =
    [
        ("store", "makes the upstream keep content beyond the answer"),
        ("hosted_tools", "makes the upstream call something else"),
        ("remote_urls", "makes the upstream fetch a URL; data: URLs are fine"),
        ("file_ids", "refers to content that the upstream keeps"),
        ("identifiers", "tells the upstream who asks, or what belongs together"),
        ("service_tier", "changes where or by whom the request is processed"),
        ("schemas", "is a schema of the answer, which providers keep"),
        ("unknown_fields", "is not known to this gateway, so it cannot tell what an upstream does with it"),
    ];

    public static string KeyOf(FieldEffects effect) => Doors[IndexOf(effect)].Key;

    /// <summary>Goes on after the field's name.</summary>
    public static string WordsOf(FieldEffects effect) => Doors[IndexOf(effect)].Words;

    /// <summary>What is denied to a class of data by a policy and its bases.</summary>
    /// <param name="chain">What each of them says of the class.</param>
    /// <param name="dataClass">The class.</param>
    public static FieldEffects DeniedBy(IEnumerable<SideDoorsConfig> chain, DataClass dataClass)
    {
        var (allowed, denied) = (FieldEffects.None, FieldEffects.None);
        foreach (var doors in chain)
        {
            allowed |= Of(doors, SideDoor.Allow);
            denied |= Of(doors, SideDoor.Deny);
        }

        return denied | ((dataClass.IsSensitive ? FieldEffects.All : DeniedToAll) & ~allowed);
    }

    private static FieldEffects Of(SideDoorsConfig doors, SideDoor word)
    {
        SideDoor?[] said = [doors.Store, doors.HostedTools, doors.RemoteUrls, doors.FileIds, doors.Identifiers, doors.ServiceTier, doors.Schemas, doors.UnknownFields];
        var effects = 0;
        for (var i = 0; i < said.Length; i++)
        {
            effects |= said[i] == word ? 1 << i : 0;
        }

        return (FieldEffects)effects;
    }

    private static int IndexOf(FieldEffects effect) => BitOperations.TrailingZeroCount((uint)effect);
}
