using System.Text;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Values of a model file's metadata.</summary>
internal static class MetadataExtensions
{
    /// <summary>A scalar or string value as text; null when the key is missing or holds a list.</summary>
    // LLamaSharp passes the key's bytes alone and libllama reads on to a zero byte, so the key brings one.
    public static string? MetadataValue(this SafeLlamaModelHandle model, string key) =>
        model.MetadataValueByKey(key + '\0') is { } value ? Encoding.UTF8.GetString(value.Span) : null;

    /// <summary>The architecture's name, such as <c>llama</c>.</summary>
    public static string Architecture(this SafeLlamaModelHandle model) => model.MetadataValue("general.architecture") ?? "unknown";

    /// <summary>A chat template, a Jinja source: the default one, or the one of this name; null when the file has none.</summary>
    // Not llama_model_chat_template: for files of one model it gives the name of a template that is built into libllama.
    public static string? ChatTemplate(this SafeLlamaModelHandle model, string? name = null) =>
        model.MetadataValue(name is null ? "tokenizer.chat_template" : "tokenizer.chat_template." + name);
}
