using System.Globalization;
using System.Text.Json;
using Gateway.Llama;
using static Gateway.Api.RequestFields;

namespace Gateway.Api;

/// <summary>The fields that <c>/v1/chat/completions</c> and <c>/v1/completions</c> share.</summary>
internal static class GenerationFields
{
    private const int MaxStops = 4;
    private const double MaxBias = 100;

    /// <summary>Answers that one request may ask for, to all of its prompts.</summary>
    public const int MaxChoices = 128;

    /// <summary>The table of those fields; <paramref name="settingsOf"/> says where a request keeps what they set.</summary>
    public static Dictionary<string, FieldReader<TRequest>> Create<TRequest>(Func<TRequest, GenerationSettings> settingsOf)
    {
        FieldReader<TRequest> Sample(double min, double max, Func<SamplingOptions, float, SamplingOptions> set) =>
            Number<TRequest>(min, max, (r, v) => settingsOf(r).Sampling = set(settingsOf(r).Sampling, v));

        return new Dictionary<string, FieldReader<TRequest>>(StringComparer.Ordinal)
        {
            // Read with the envelope.
            ["model"] = Accepted<TRequest>(JsonValueKind.String),
            ["stream"] = Boolean<TRequest>((_, _) => { }),

            ["stream_options"] = (value, name, request) => ReadStreamOptions(value, name, settingsOf(request)),
            ["temperature"] = Sample(0, 2, (s, v) => s with { Temperature = v }),
            ["top_p"] = Sample(0, 1, (s, v) => s with { TopP = v }),
            ["frequency_penalty"] = Sample(-2, 2, (s, v) => s with { FrequencyPenalty = v }),
            ["presence_penalty"] = Sample(-2, 2, (s, v) => s with { PresencePenalty = v }),
            ["seed"] = Integer<TRequest>(long.MinValue, long.MaxValue, (r, v) => settingsOf(r).Sampling = settingsOf(r).Sampling with { Seed = Fold(v) }),
            ["max_tokens"] = Integer<TRequest>(1, int.MaxValue, (r, v) => settingsOf(r).MaxTokens = (int)v),
            ["n"] = Integer<TRequest>(1, MaxChoices, (r, v) => settingsOf(r).Choices = (int)v),
            ["stop"] = (value, name, request) => ReadStop(value, name, settingsOf(request)),

            // Not OpenAI's, but llama-server's and vLLM's.
            ["top_k"] = Integer<TRequest>(0, int.MaxValue, (r, v) => settingsOf(r).Sampling = settingsOf(r).Sampling with { TopK = (int)v }),
            ["min_p"] = Sample(0, 1, (s, v) => s with { MinP = v }),

            // Names the end user to a provider that watches for abuse; a model in this process tells nobody.
            ["user"] = Accepted<TRequest>(JsonValueKind.String),

            ["logit_bias"] = (value, name, request) => ReadLogitBias(value, name, settingsOf(request)),
        };
    }

    /// <summary>What streams are like cannot be asked of an answer in one piece.</summary>
    public static ApiError? CheckStreamOptions(JsonElement body) =>
        body.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object
        && !(body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True)
            ? ApiError.BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", "invalid_parameter_combination")
            : null;

    // Seeds are any 64-bit integer for OpenAI, 32 bits for llama.cpp.
    private static uint Fold(long seed) => (uint)(seed ^ (seed >> 32));

    private static ApiError? ReadStreamOptions(JsonElement value, string name, GenerationSettings settings)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(name, "object", value);
        }

        foreach (var option in value.EnumerateObject())
        {
            var path = $"{name}.{Shorten(option.Name)}";
            switch (option.Name, option.Value.ValueKind)
            {
                case ("include_usage", JsonValueKind.True or JsonValueKind.False):
                    settings.IncludeUsage = option.Value.GetBoolean();
                    break;
                case ("include_obfuscation", JsonValueKind.False) or (_, JsonValueKind.Null):
                    break;
                case ("include_usage", _) or ("include_obfuscation", not JsonValueKind.True):
                    return InvalidType(path, "boolean", option.Value);
                default:
                    return Unsupported(path);
            }
        }

        return null;
    }

    private static ApiError? ReadLogitBias(JsonElement value, string name, GenerationSettings settings)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(name, "object", value);
        }

        var biases = new Dictionary<int, float>();
        foreach (var entry in value.EnumerateObject())
        {
            var path = $"{name}.{Shorten(entry.Name)}";
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token))
            {
                return ApiError.BadRequest($"Invalid key in '{name}': '{Shorten(entry.Name)}' is not a token id, which is a whole number from 0.", path, "invalid_value");
            }

            if (Bias(entry.Value, path, bias => biases[token] = bias) is { } error)
            {
                return error;
            }
        }

        settings.Sampling = settings.Sampling with { LogitBias = biases.Count == 0 ? null : biases };
        return null;
    }

    private static ApiError? Bias(JsonElement value, string path, Action<float> set) =>
        Number<Action<float>>(-MaxBias, MaxBias, (take, bias) => take(bias))(value, path, set);

    private static ApiError? ReadStop(JsonElement value, string name, GenerationSettings settings)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            var error = Text(value, name, out var stop);
            settings.Stop = stop.Length == 0 ? [] : [stop];
            return error;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(name, "string or array of strings", value);
        }

        if (value.GetArrayLength() > MaxStops)
        {
            return ApiError.BadRequest($"Invalid '{name}': expected at most {MaxStops} strings, but got more.", name, "array_above_max_length");
        }

        var stops = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (Text(item, $"{name}[{stops.Count}]", out var stop) is { } error)
            {
                return error;
            }

            if (stop.Length == 0)
            {
                return ApiError.BadRequest($"Invalid '{name}[{stops.Count}]': it is empty.", $"{name}[{stops.Count}]", "invalid_value");
            }

            stops.Add(stop);
        }

        settings.Stop = stops;
        return null;
    }
}
