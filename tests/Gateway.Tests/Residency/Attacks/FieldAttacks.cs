using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>Fields of a request by which an upstream where the data may be processed would keep it, pass it on, or learn what it should not.</summary>
public sealed class FieldAttacks(AttackWorld world) : IClassFixture<AttackWorld>
{
    private const string Chat = TestGateway.ChatPath;
    private const string Embeddings = "/v1/embeddings";
    private const string Rerank = "/v1/rerank";
    private const string Completions = "/v1/completions";

    private sealed record Attack(string Path, string Fields, string Param, string Rule);

    // The fields stand behind the model's name; URL is that of an upstream that nobody configured.
    private static readonly Dictionary<string, Attack> Attacks = new(StringComparer.Ordinal)
    {
        ["store"] = Top("\"store\":true", "store", "store"),
        ["store in other case"] = Top("\"Store\":true", "Store", "unknown_fields"),
        ["store with an escape in its name"] = Top("\"st\\u006fre\":true", "store", "store"),
        ["store with a long s, which Go reads as an s"] = Top("\"\u017Ftore\":true", "\u017Ftore", "unknown_fields"),
        ["store with a soft hyphen in its name"] = Top("\"st\u00ADore\":true", "st\u00ADore", "unknown_fields"),
        ["store in fullwidth letters"] = Top("\"\uFF53tore\":true", "\uFF53tore", "unknown_fields"),
        ["store with a zero at its end"] = Top("\"store\\u0000\":true", "store\0", "unknown_fields"),
        ["store as a word"] = Top("\"store\":\"yes\"", "store", "store"),
        ["background"] = Top("\"background\":true", "background", "store"),
        ["deferred"] = Top("\"deferred\":true", "deferred", "store"),
        ["metadata"] = Top("\"metadata\":{\"ward\":\"7\"}", "metadata", "store"),
        ["a longer prompt cache"] = Top("\"prompt_cache_retention\":\"24h\"", "prompt_cache_retention", "store"),
        ["options of a prompt cache"] = Top("\"prompt_cache_options\":{\"ttl\":\"30m\"}", "prompt_cache_options", "store"),
        ["a breakpoint of a prompt cache in a message"] = Message("\"content\":[{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]", "content[0].cache_control", "store"),
        ["user"] = Top("\"user\":\"ana@example.org\"", "user", "identifiers"),
        ["safety_identifier"] = Top("\"safety_identifier\":\"ana\"", "safety_identifier", "identifiers"),
        ["prompt_cache_key"] = Top("\"prompt_cache_key\":\"ana\"", "prompt_cache_key", "identifiers"),
        ["the context of a user"] = Top("\"user_security_context\":{\"source_ip\":\"192.0.2.1\"}", "user_security_context", "identifiers"),
        ["a tier of service elsewhere"] = Top("\"service_tier\":\"flex\"", "service_tier", "service_tier"),
        ["a router's providers"] = Top("\"provider\":{\"order\":[\"Elsewhere\"]}", "provider", "service_tier"),
        ["a router's models"] = Top("\"models\":[\"vendor/elsewhere\"]", "models[0]", "service_tier"),
        ["a library's base URL"] = Top("\"api_base\":\"URL\"", "api_base", "remote_urls"),
        ["another server's key-value cache"] = Top("\"kv_transfer_params\":{\"remote_host\":\"127.0.0.1\"}", "kv_transfer_params", "remote_urls"),
        ["web search"] = Top("\"web_search_options\":{}", "web_search_options", "hosted_tools"),
        ["live search"] = Top("\"search_parameters\":{\"mode\":\"on\"}", "search_parameters", "hosted_tools"),
        ["sources of data"] = Top("\"data_sources\":[{\"type\":\"azure_search\",\"parameters\":{\"endpoint\":\"URL\"}}]", "data_sources[0]", "hosted_tools"),
        ["plugins"] = Top("\"plugins\":[{\"id\":\"web\"}]", "plugins[0]", "hosted_tools"),
        ["moderation by another model"] = Top("\"moderation\":{\"model\":\"omni\"}", "moderation", "hosted_tools"),
        ["a hosted web search"] = Tool("\"type\":\"web_search_preview\"", "type", "hosted_tools"),
        ["a hosted interpreter"] = Tool("\"type\":\"code_interpreter\",\"container\":{\"type\":\"auto\"}", "type", "hosted_tools"),
        ["a hosted file search"] = Tool("\"type\":\"file_search\",\"vector_store_ids\":[\"vs_1\"]", "type", "hosted_tools"),
        ["remote MCP"] = Tool("\"type\":\"mcp\",\"server_label\":\"x\",\"server_url\":\"URL\"", "type", "hosted_tools"),
        ["remote MCP, its type behind its URL"] = Tool("\"server_url\":\"URL\",\"type\":\"mcp\"", "server_url", "hosted_tools"),
        ["remote MCP with escapes"] = Tool("\"type\":\"\\u006dcp\"", "type", "hosted_tools"),
        ["a hosted tool that calls itself a function"] = Tool("\"type\":\"function\",\"function\":{\"name\":\"f\"},\"google_search\":{}", "google_search", "hosted_tools"),
        ["a hosted tool without a type"] = Tool("\"url_context\":{}", "url_context", "hosted_tools"),
        ["a hosted tool behind an honest one"] = Top("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"mcp\"}]", "tools[1].type", "hosted_tools"),
        ["a hosted tool among the allowed ones"] = Top(
            "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\",\"tools\":[{\"type\":\"mcp\",\"server_label\":\"x\"}]}}", "tool_choice.allowed_tools.tools[0].type", "hosted_tools"),
        ["a hosted tool as the choice"] = Top("\"tool_choice\":{\"type\":\"web_search_preview\"}", "tool_choice.type", "hosted_tools"),
        ["servers of MCP"] = Top("\"mcp_servers\":[{\"url\":\"URL\"}]", "mcp_servers[0]", "hosted_tools"),
        ["a remote image"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\"URL/i.png\"}", "image_url.url", "remote_urls"),
        ["a remote image without an object"] = Part("\"type\":\"image_url\",\"image_url\":\"URL/i.png\"", "image_url", "remote_urls"),
        ["a remote image in a list"] = Part("\"type\":\"image_url\",\"image_url\":[{\"url\":\"URL/i.png\"}]", "image_url[0].url", "remote_urls"),
        ["a remote image, its key with escapes"] = Part("\"type\":\"image_url\",\"image\\u005furl\":{\"\\u0075rl\":\"URL/i.png\"}", "image_url.url", "remote_urls"),
        ["a remote image, its scheme in capitals"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\"HTTP://127.0.0.1/\"}", "image_url.url", "remote_urls"),
        ["a remote image, its scheme with escapes"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\"\\u0068ttp://127.0.0.1/\"}", "image_url.url", "remote_urls"),
        ["a remote image behind a space"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\" URL/i.png\"}", "image_url.url", "remote_urls"),
        ["a remote image without a scheme"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\"//example.org/i.png\"}", "image_url.url", "remote_urls"),
        ["an image on the upstream's disk"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\"file:///etc/passwd\"}", "image_url.url", "remote_urls"),
        ["a cloud's metadata as an image"] = Part("\"type\":\"image_url\",\"image_url\":{\"url\":\"http://169.254.169.254/latest/meta-data\"}", "image_url.url", "remote_urls"),
        ["an image of the Responses API"] = Part("\"type\":\"input_image\",\"image_url\":\"URL/i.png\"", "image_url", "remote_urls"),
        ["a remote video"] = Part("\"type\":\"video_url\",\"video_url\":{\"url\":\"URL/v.mp4\"}", "video_url.url", "remote_urls"),
        ["a remote sound"] = Part("\"type\":\"audio_url\",\"audio_url\":{\"url\":\"URL/a.mp3\"}", "audio_url.url", "remote_urls"),
        ["a remote sound in the place of data"] = Part("\"type\":\"input_audio\",\"input_audio\":{\"data\":\"URL/a.mp3\",\"format\":\"mp3\"}", "input_audio.data", "remote_urls"),
        ["a remote file in the place of data"] = Part("\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"URL/a.pdf\"}", "file.file_data", "remote_urls"),
        ["a remote file"] = Part("\"type\":\"input_file\",\"file_url\":\"URL/a.pdf\"", "file_url", "remote_urls"),
        ["a remote document"] = Top("\"documents\":[{\"source\":{\"type\":\"url\",\"url\":\"URL/d\"}}]", "documents[0].source.url", "remote_urls"),
        ["a remote image in a prediction"] = Top("\"prediction\":{\"type\":\"content\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"URL\"}}]}", "prediction.content[0].image_url.url", "remote_urls"),
        ["a remote schema of a function"] = Tool("\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"$ref\":\"URL/s.json\"}}", "function.parameters.$ref", "remote_urls"),
        ["a remote schema deep in a function's"] = Tool(
            "\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{\"a\":{\"items\":[{\"$ref\":\"URL\"}]}}}}", "function.parameters.properties.a.items[0].$ref", "remote_urls"),
        ["a file of another tenant, by its id"] = Part("\"type\":\"file\",\"file\":{\"file_id\":\"file-of-another-tenant\"}", "file.file_id", "file_ids"),
        ["an image of another tenant, by its id"] = Part("\"type\":\"input_image\",\"file_id\":\"file-of-another-tenant\"", "file_id", "file_ids"),
        ["an earlier answer's sound, by its id"] = Message("\"audio\":{\"id\":\"audio_1\"}", "audio", "file_ids"),
        ["a voice that somebody recorded, by its id"] = Top("\"audio\":{\"format\":\"mp3\",\"voice\":{\"id\":\"voice_1\"}}", "audio.voice.id", "file_ids"),
        ["another tenant's conversation"] = Top("\"conversation\":\"conv_1\"", "conversation", "file_ids"),
        ["another tenant's answer"] = Top("\"previous_response_id\":\"resp_1\"", "previous_response_id", "file_ids"),
        ["a cached prompt of another tenant"] = Top("\"cached_content\":\"cachedContents/1\"", "cached_content", "file_ids"),
        ["a schema of the answer, which providers keep"] = Top("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"enum\":[\"Ana\"]}}}", "response_format.json_schema.schema", "schemas"),
        ["a strict function, whose schema providers keep"] = Tool("\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}", "function.strict", "schemas"),
        ["a field that nobody knows"] = Top("\"send_copy_to\":\"URL\"", "send_copy_to", "unknown_fields"),
        ["a field that nobody knows in a message"] = Message("\"mirror\":\"URL\"", "mirror", "unknown_fields"),
        ["a field that nobody knows in the options of a stream"] = Top("\"stream_options\":{\"mirror\":true}", "stream_options.mirror", "unknown_fields"),
        ["a kind of part that nobody knows"] = Part("\"type\":\"web_page\"", "type", "unknown_fields"),
        ["a form of answer that nobody knows"] = Top("\"response_format\":{\"type\":\"mail\"}", "response_format.type", "unknown_fields"),
        ["an object where a number belongs"] = Top("\"temperature\":{\"store\":true}", "temperature", "unknown_fields"),
        ["fields that a library would unpack"] = Top("\"extra_body\":{\"store\":true}", "extra_body", "unknown_fields"),
        ["a field behind a megabyte of spaces"] = Top(new string(' ', 900_000) + "\"store\":true", "store", "store"),
        ["a field deep in arrays"] = Top("\"messages\":[[[[{\"role\":\"user\",\"content\":\"x\",\"mirror\":1}]]]]", "messages[0][0][0][0].mirror", "unknown_fields"),
        ["embeddings: user"] = new(Embeddings, "\"input\":\"x\",\"user\":\"ana\"", "user", "identifiers"),
        ["embeddings: a remote image"] = new(Embeddings, "\"input\":[{\"image\":\"URL/i.png\"}]", "input[0].image", "remote_urls"),
        ["embeddings: a field that nobody knows"] = new(Embeddings, "\"input\":\"x\",\"mirror\":1", "mirror", "unknown_fields"),
        ["rerank: a remote image"] = new(Rerank, "\"query\":\"x\",\"documents\":[{\"image\":\"URL/i.png\"}]", "documents[0].image", "remote_urls"),
        ["rerank: user"] = new(Rerank, "\"query\":\"x\",\"documents\":[\"y\"],\"user\":\"ana\"", "user", "identifiers"),
        ["completions: store"] = new(Completions, "\"prompt\":\"x\",\"store\":true", "store", "store"),
        ["completions: user"] = new(Completions, "\"prompt\":\"x\",\"user\":\"ana\"", "user", "identifiers"),
    };

    public static TheoryData<string> Names => [.. Attacks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_refused_by_name_and_goes_nowhere(string attack)
    {
        var (path, fields, param, rule) = Attacks[attack];
        var body = $$"""{"model":"mixed",{{fields.Replace("URL", AttackWorld.Url(world.Elsewhere), StringComparison.Ordinal)}}}""";
        var error = await world.RefusedAsync(403, () => world.SendAsync(body, path));

        Assert.Equal("field_denied", error.Code);
        Assert.Equal(param, error.Param);
        Assert.Contains($"`side_doors.{rule}`", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Each pair is of the same object for some reader of JSON.</summary>
    [Theory]
    [InlineData("messages twice", "\"messages\":[],\"messages\":[]", "messages")]
    [InlineData("messages in two cases", "\"messages\":[],\"Messages\":[]", "Messages")]
    [InlineData("messages with an escape", "\"messages\":[],\"mess\\u0061ges\":[]", "messages")]
    [InlineData("store first true, then false", "\"store\":false,\"store\":true", "store")]
    [InlineData("store with a long s", "\"store\":false,\"\u017Ftore\":false", "\u017Ftore")]
    [InlineData("top_k with the sign of kelvin", "\"top_k\":1,\"top_\u212A\":1", "top_\u212A")]
    [InlineData("a role twice", "\"messages\":[{\"role\":\"user\",\"role\":\"system\",\"content\":\"x\"}]", "messages[0].role")]
    [InlineData("a URL twice", "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\",\"url\":\"data:,\"}}]}]", "messages[0].content[0].image_url.url")]
    [InlineData("a tool's type twice", "\"tools\":[{\"type\":\"function\",\"type\":\"function\"}]", "tools[0].type")]
    [InlineData("a key of a schema twice", "\"tools\":[{\"type\":\"function\",\"function\":{\"parameters\":{\"properties\":{\"a\":{},\"b\":{},\"\\u0061\":{}}}}}]", "tools[0].function.parameters.properties.a")]
    [InlineData("a token's bias twice", "\"logit_bias\":{\"1\":1,\"2\":1,\"1\":2}", "logit_bias.1")]
    [InlineData("the options of the stream twice", "\"stream\":true,\"stream_options\":{},\"stream_options\":{}", "stream_options")]
    [InlineData("an option of the stream twice", "\"stream_options\":{\"include_usage\":true,\"include_usage\":false}", "stream_options.include_usage")]
    public async Task A_key_that_parsers_read_in_two_ways_is_refused_for_every_class(string attack, string fields, string param)
    {
        Assert.NotEmpty(attack);
        foreach (var key in new[] { TestKeys.Acme, AttackWorld.PublicKey })
        {
            var error = await world.RefusedAsync(400, () => world.SendAsync($$"""{"model":"mixed",{{fields}}}""", key: key));

            Assert.Equal("duplicate_key", error.Code);
            Assert.Equal(param, error.Param);
        }
    }

    [Theory]
    [InlineData("a field that nobody knows, in two cases", "\"mirror\":1,\"Mirror\":2", "Mirror")]
    [InlineData("a field that nobody knows, twice, one of them long", "\"A-very-long-name-that-no-buffer-on-the-stack-was-made-for-and-that-goes-on-for-a-while\":1,\"A-very-long-name-that-no-buffer-on-the-stack-was-made-for-and-that-goes-on-for-a-while\":2", "A-very-long-name-that-no-buffer-on-the-stack-was-made-for-and-th...")]
    public async Task So_is_one_that_is_not_known_where_those_are_let_through(string attack, string fields, string param)
    {
        Assert.NotEmpty(attack);
        var error = await world.RefusedAsync(400, () => world.SendAsync($$"""{"model":"mixed",{{fields}}}""", key: AttackWorld.PublicKey));

        Assert.Equal("duplicate_key", error.Code);
        Assert.Equal(param, error.Param);
    }

    [Theory]
    [InlineData("\"store\":false,\"user\":null,\"service_tier\":\"auto\",\"prompt_cache_retention\":\"in_memory\",\"tools\":[],\"file_ids\":[]")]
    [InlineData("\"temperature\":0.5,\"top_k\":40,\"logit_bias\":{\"1\":5},\"stop\":[\"a\"],\"stream_options\":null,\"seed\":7,\"reasoning_effort\":\"low\",\"modalities\":[\"text\"]")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"http://example.org\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image\\/png;base64,AAAA\",\"detail\":\"low\"}}]}]")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\\/\\/uQ+/A=\",\"format\":\"mp3\"}},{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AAAA\"}}]}]")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":false,\"parameters\":{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$ref\":\"#/$defs/a\",\"properties\":{\"$ref\":{\"type\":\"string\"},\"A\":{},\"a\":{}}}}}]")]
    [InlineData("\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},\"response_format\":{\"type\":\"json_object\"},\"chat_template_kwargs\":{\"anything\":{\"at\":[\"all\"]}}")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"annotations\":[],\"audio\":null,\"function_call\":null,\"reasoning_content\":\"y\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"url\\\":\\\"http://example.org\\\"}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"z\"}]")]
    [InlineData("\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"https://example.org\",\"title\":\"t\",\"start_index\":0,\"end_index\":1}}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"y\"}]}]}]")]
    [InlineData("\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"store\":true,\"user\":\"ana\",\"url\":\"http://example.org\"}},\"extra_content\":{\"google\":{\"thought_signature\":\"AAAA\"}}}]}]")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"store\":{\"type\":\"boolean\"},\"user\":{\"type\":\"string\"},\"metadata\":{\"type\":\"object\"},\"url\":{\"type\":\"string\",\"format\":\"uri\"},\"type\":{\"enum\":[\"web_search\"]}},\"required\":[\"url\"],\"additionalProperties\":false}}}],\"parallel_tool_calls\":false")]
    [InlineData("\"stream\":true,\"stream_options\":{\"include_usage\":true},\"top_k\":40,\"min_p\":0.05,\"repetition_penalty\":1.1,\"repeat_penalty\":1.1,\"chat_template_kwargs\":{\"enable_thinking\":false},\"guided_choice\":[\"a\"],\"cache_prompt\":true,\"think\":false,\"verbosity\":\"low\"")]
    public async Task What_only_asks_for_an_answer_goes_to_the_permitted_upstream(string fields)
    {
        var body = $$"""{"model":"mixed",{{fields}}}""";
        var request = await world.AnsweredAsync(() => world.SendAsync(body));

        Assert.Equal(body, request.Text);
    }

    private static Attack Top(string fields, string param, string rule) => new(Chat, fields, param, rule);

    private static Attack Message(string fields, string param, string rule) => new(Chat, "\"messages\":[{\"role\":\"user\"," + fields + "}]", "messages[0]." + param, rule);

    private static Attack Part(string fields, string param, string rule) => Message("\"content\":[{" + fields + "}]", "content[0]." + param, rule);

    private static Attack Tool(string fields, string param, string rule) => new(Chat, "\"tools\":[{" + fields + "}]", "tools[0]." + param, rule);
}
