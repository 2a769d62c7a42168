using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Chat;
using Gateway.Llama;
using Gateway.Llama.Templates;

namespace Gateway.Engine;

/// <summary>The chat template of a model: from messages to the text that the model was trained on.</summary>
internal sealed class ChatTemplate
{
}
