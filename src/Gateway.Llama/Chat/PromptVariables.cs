using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Llama.Chat;

/// <summary>Writes the variables of a template: a conversation that fits its traits.</summary>
internal static class PromptVariables
{
    /// <summary>Names that a caller's own variables must not take.</summary>
    public static readonly IReadOnlySet<string> Reserved = new HashSet<string>(StringComparer.Ordinal)
    {
        "messages", "tools", "xml_tools", "functions", "add_generation_prompt", "bos_token", "eos_token", "pad_token", "unk_token",
        "continue_final_message", "documents", "datetime",
    };

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static JsonDocument Write(Conversation conversation, TemplateTraits traits, TemplateSource source, bool addGenerationPrompt)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("bos_token"u8, source.BosText);
            writer.WriteString("eos_token"u8, source.EosText);
            writer.WriteBoolean("add_generation_prompt"u8, addGenerationPrompt);
            if (source.Mentions("datetime"))
            {
                writer.WriteString("datetime"u8, source.Time.GetLocalNow().ToString("MMM dd yyyy HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture));
            }

            foreach (var (name, value) in conversation.Variables)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
            }

            WriteTools(writer, conversation.Tools, traits);
            writer.WriteStartArray("messages"u8);
            foreach (var message in conversation.Messages)
            {
                WriteMessage(writer, message, traits);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return JsonDocument.Parse(json.WrittenMemory);
    }

    private static void WriteTools(Utf8JsonWriter writer, IReadOnlyList<ChatTool> tools, TemplateTraits traits)
    {
        switch (traits.ToolsVariable)
        {
            case "functions":
                // Asked for as text, and also where there are none.
                writer.WriteString("functions"u8, tools.Count == 0 ? "" : $"[{string.Join(", ", tools.Select(t => t.ToText(functionOnly: true)))}]");
                break;
            case { } variable when tools.Count > 0:
                writer.WriteStartArray(variable);
                foreach (var tool in tools)
                {
                    tool.WriteTo(writer);
                }

                writer.WriteEndArray();
                break;
        }
    }

    private static void WriteMessage(Utf8JsonWriter writer, ChatMessage message, TemplateTraits traits)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, message.Role);
        WriteContent(writer, message, traits);
        if (message.Name is { } name)
        {
            writer.WriteString("name"u8, name);
        }

        if (message.Reasoning is { } reasoning)
        {
            writer.WriteString("reasoning_content"u8, reasoning);
        }

        if (message.ToolCallId is { } id)
        {
            writer.WriteString("tool_call_id"u8, id);
        }

        if (message.ToolCalls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            foreach (var call in message.ToolCalls)
            {
                WriteCall(writer, call, traits);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter writer, ChatMessage message, TemplateTraits traits)
    {
        var content = message.Content;
        if (string.IsNullOrEmpty(content) && message.ToolCalls.Count > 0)
        {
            switch (traits.NoContent)
            {
                case NoContent.Null:
                    writer.WriteNull("content"u8);
                    return;
                case NoContent.Absent:
                    return;
            }
        }

        if (traits.TypedContent)
        {
            writer.WriteStartArray("content"u8);
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            writer.WriteString("text"u8, content ?? "");
            writer.WriteEndObject();
            writer.WriteEndArray();
            return;
        }

        writer.WriteString("content"u8, content ?? "");
    }

    private static void WriteCall(Utf8JsonWriter writer, ChatToolCall call, TemplateTraits traits)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, call.Id);
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, call.Name);
        writer.WritePropertyName("arguments"u8);
        if (traits.ObjectArguments)
        {
            writer.WriteRawValue(call.Arguments, skipInputValidation: true);
        }
        else
        {
            writer.WriteStringValue(call.Arguments);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
