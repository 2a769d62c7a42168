using System.Text.Json;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Schemas;

[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Number = 4,
    String = 8,
    Array = 16,
    Object = 32,
    All = Null | Boolean | Number | String | Array | Object,
}

/// <summary>What a schema demands of a value by itself, without the schemas that it refers to or combines.</summary>
internal sealed class SchemaAtom(SchemaPlace place)
{
    public SchemaPlace Place => place;

    /// <summary>Null when there is no "type".</summary>
    public JsonTypes? Types { get; set; }

    /// <summary>The types that the keywords are for.</summary>
    public JsonTypes Implied { get; set; }

    /// <summary>Of "enum" or "const"; null without.</summary>
    public JsonElement[]? Values { get; set; }

    public NumberRange Numbers { get; set; } = new();

    public int MinLength { get; set; }

    public int? MaxLength { get; set; }

    /// <summary>Of patterns and formats.</summary>
    public List<Dfa> Texts { get; } = [];

    public List<SchemaPlace> FirstItems { get; } = [];

    /// <summary>Of items after <see cref="FirstItems"/>; null when they may be anything.</summary>
    public SchemaPlace? Items { get; set; }

    public int MinItems { get; set; }

    public int? MaxItems { get; set; }

    public List<KeyValuePair<string, SchemaPlace>> Properties { get; } = [];

    public List<string> Required { get; } = [];

    /// <summary>Of further properties; null when they may be anything.</summary>
    public SchemaPlace? Additional { get; set; }

    public List<SchemaPlace> AllOf { get; } = [];

    public List<SchemaPlace> AnyOf { get; } = [];

    public List<SchemaPlace> OneOf { get; } = [];

    /// <summary>Whether any value will do.</summary>
    public bool DemandsNothing => Types is null && Implied == JsonTypes.None && Values is null && !Numbers.IsBounded && !HasParts;

    /// <summary>Whether it says something of what is in an array or object.</summary>
    public bool HasParts => FirstItems.Count > 0 || Items is not null || MinItems > 0 || MaxItems is not null
        || Properties.Count > 0 || Required.Count > 0 || Additional is not null;
}
