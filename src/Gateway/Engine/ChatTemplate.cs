using System.Buffers;
using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Chat;
using Gateway.Llama;
using Gateway.Llama.Templates;

namespace Gateway.Engine;

/// <summary>The chat template of a model: from messages to the text that the model was trained on.</summary>
internal sealed class ChatTemplate
{
    // What llama-server takes for a model without a template.
    private const string ChatMl =
        """
        {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    private readonly JinjaTemplate _template;
    private readonly LlamaModelInfo _model;

    private ChatTemplate(JinjaTemplate template, LlamaModelInfo model)
    {
        _template = template;
        _model = model;
    }

    /// <summary>The template that the model's file carries.</summary>
    /// <exception cref="LlamaLoadException">It is not valid.</exception>
    public static ChatTemplate Of(LlamaModelInfo model, string modelPath) =>
        JinjaTemplate.TryParse(model.ChatTemplate ?? ChatMl, out var template, out var error)
            ? new ChatTemplate(template!, model)
            : throw new LlamaLoadException(
                modelPath, $"its chat template (tokenizer.chat_template) is not valid: {error}", "Take a file with a valid template");

    /// <summary>Renders a conversation, up to where the assistant's answer begins; null and an error when the template cannot take it.</summary>
    public PromptText? Render(IReadOnlyList<ChatMessage> messages, out ApiError? error)
    {
        using var variables = JsonDocument.Parse(WriteVariables(messages).WrittenMemory);
        if (_template.TryRender(variables.RootElement, TemplateOptions.Default, out var prompt, out var templateError))
        {
            error = null;
            return prompt;
        }

        error = ApiError.BadRequest(
            $"The chat template of this model does not take these messages: {templateError!.Message}", "messages", "chat_template_error");
        return null;
    }

    private ArrayBufferWriter<byte> WriteVariables(IReadOnlyList<ChatMessage> messages)
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteString("bos_token"u8, _model.BosText);
        writer.WriteString("eos_token"u8, _model.EosText);
        writer.WriteBoolean("add_generation_prompt"u8, true);
        writer.WriteStartArray("messages"u8);
        foreach (var message in messages)
        {
            writer.WriteStartObject();
            writer.WriteString("role"u8, message.Role);
            writer.WriteString("content"u8, message.Content);
            if (message.Name is { } name)
            {
                writer.WriteString("name"u8, name);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return json;
    }
}
