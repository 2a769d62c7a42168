using System.Text;
using Gateway.Api;
using static Gateway.Residency.Fields.FieldEffects;

namespace Gateway.Residency.Fields;

/// <summary>
/// Every field of the API's requests, and what it makes an upstream do. OpenAI's are those of its description of the API
/// (https://github.com/openai/openai-openapi, openapi.json); others are vLLM's, llama-server's, Ollama's and of the providers that speak OpenAI's language.
/// A field that stands here without an effect has been looked at.
/// </summary>
internal static class FieldTable
{
    private static readonly Field[] Sampling =
    [
        Plain("temperature"), Plain("top_p"), Plain("n"), Plain("stop"), Plain("max_tokens"), Plain("presence_penalty"), Plain("frequency_penalty"), Plain("seed"), Plain("logprobs"),
        Plain("top_logprobs"), Map("logit_bias"),
        Plain("top_k"), Plain("min_p"), Plain("top_a"), Plain("typical_p"), Plain("repetition_penalty"), Plain("length_penalty"), Plain("no_repeat_ngram_size"), Plain("random_seed"),
        Plain("stop_token_ids"), Plain("include_stop_str_in_output"), Plain("ignore_eos"), Plain("min_tokens"), Plain("skip_special_tokens"), Plain("spaces_between_special_tokens"),
        Plain("truncate_prompt_tokens"), Plain("prompt_logprobs"), Plain("allowed_token_ids"), Plain("bad_words"), Plain("use_beam_search"), Plain("echo"), Plain("best_of"),
        Plain("add_special_tokens"), Plain("return_tokens_as_token_ids"), Plain("return_token_ids"), Plain("priority"), Plain("detokenize"),
        Plain("n_predict"), Plain("n_probs"), Plain("min_keep"), Plain("n_keep"), Plain("n_discard"), Plain("n_indent"), Plain("t_max_predict_ms"), Plain("dynatemp_range"),
        Plain("dynatemp_exponent"), Plain("repeat_penalty"), Plain("repeat_last_n"), Plain("dry_multiplier"), Plain("dry_base"), Plain("dry_allowed_length"), Plain("dry_penalty_last_n"),
        Plain("dry_sequence_breakers"), Plain("xtc_probability"), Plain("xtc_threshold"), Plain("mirostat"), Plain("mirostat_tau"), Plain("mirostat_eta"), Plain("top_n_sigma"),
        Plain("samplers"), Plain("return_tokens"), Plain("timings_per_token"), Plain("post_sampling_probs"), Plain("return_progress"), Plain("cache_prompt"), Plain("id_slot"),

        // Grammars and schemas that a server of one's own compiles for the answer.
        Plain("grammar"), Plain("guided_regex"), Plain("guided_choice"), Plain("guided_grammar"), Plain("guided_decoding_backend"), Plain("guided_whitespace_pattern"),
        Schema("json_schema"), Schema("guided_json"), Schema("format"),
        Object("structured_outputs", Schema("json"), Plain("regex"), Plain("choice"), Plain("grammar"), Plain("json_object"), Plain("disable_fallback"), Plain("disable_any_whitespace"), Plain("whitespace_pattern"), Plain("structural_tag")),
    ];

    // Of every endpoint.
    private static readonly Field[] Common =
    [
        Plain("model"), Does("user", Identifiers), Does("safety_identifier", Identifiers), Does("request_id", Identifiers), Does("session_id", Identifiers), Does("cache_salt", Identifiers),
        Does("user_security_context", Identifiers),
        Does("metadata", Store), Does("store", Store), Does("background", Store), Does("deferred", Store), Does("keep_alive", Store),
        Words("service_tier", ServiceTier, "auto", "default"),

        // Routers and libraries that choose the provider by the request.
        Does("provider", ServiceTier), Does("providerOptions", ServiceTier), Does("models", ServiceTier), Does("route", ServiceTier), Does("fallbacks", ServiceTier), Does("custom_llm_provider", ServiceTier),
        Does("region", ServiceTier), Does("inference_geo", ServiceTier), Does("preset", ServiceTier),
        Does("api_base", RemoteUrls), Does("base_url", RemoteUrls), Does("webhook", RemoteUrls), Does("callback_url", RemoteUrls), Does("kv_transfer_params", RemoteUrls),
        Does("extra_headers", Identifiers), Does("guardrails", HostedTools), Does("plugins", HostedTools),
    ];

    // A breakpoint itself says nothing of how long; that an upstream keeps what stands before it is its point.
    private static readonly Field[] CacheMarks = [Does("cache_control", Store), Does("prompt_cache_breakpoint", Store)];

    private static readonly Field[] Image = [Url("url"), Plain("detail"), Does("file_id", FileIds), Plain("uuid"), Plain("format")];

    // An item of a message's content.
    private static readonly Field[] Part =
    [
        Words("type", UnknownFields, "text", "image_url", "input_audio", "file", "refusal", "video_url", "audio_url", "input_image", "input_file", "input_text", "output_text", "thinking", "document"),
        Plain("text"), Plain("refusal"), Object("thinking", Plain("type"), Plain("text")), Plain("signature"), Map("annotations"),
        UrlOr("image_url", Image), UrlOr("video_url", [Url("url"), Plain("fps")]), UrlOr("audio_url", [Url("url")]), Base64Or("input_audio", [Base64("data"), Plain("format"), Url("url")]),
        Object("file", Base64("file_data"), Plain("filename"), Does("file_id", FileIds), Url("file_url"), Url("url"), Plain("format")),
        Does("file_id", FileIds), Url("file_url"), Base64("file_data"), Plain("filename"), Url("document_url"), Plain("document_name"), Base64("image"), Base64("audio"), Base64("video"),
        .. CacheMarks,
    ];

    private static readonly Field[] Function = [Plain("name"), Plain("description"), Schema("parameters"), Does("strict", Schemas)];

    private static readonly Field[] ToolCall =
    [
        Plain("id"), Plain("index"), Words("type", HostedTools, "function", "custom"), Object("function", Plain("name"), Map("arguments")), Object("custom", Plain("name"), Plain("input")),

        // What Gemini wants to see again of its own answer.
        Object("extra_content", Object("google", Plain("thought_signature"), Plain("thought"))),
    ];

    private static readonly Field[] Message =
    [
        Plain("role"), Object("content", Part), Plain("name"), Plain("refusal"), Plain("tool_call_id"), Object("tool_calls", ToolCall), Object("function_call", Plain("name"), Map("arguments")),
        Plain("reasoning"), Plain("reasoning_content"), Plain("thinking"), Plain("prefix"), Plain("partial"),

        // Clients send an earlier answer as they got it. The citations in it are what was read, not what is to be read.
        Map("annotations"),

        // The id of an answer in sound that the provider keeps.
        Does("audio", FileIds), .. CacheMarks,
    ];

    private static readonly Field[] Tool =
    [
        Words("type", HostedTools, "function", "custom"),
        Object("function", Function),
        Object("custom", Plain("name"), Plain("description"), Object("format", Plain("type"), Object("grammar", Plain("definition"), Plain("syntax")), Plain("definition"), Plain("syntax"))),

        // As the Responses API writes them.
        Plain("name"), Plain("description"), Schema("parameters"), Does("strict", Schemas),

        // Of hosted tools and of remote MCP.
        Does("server_url", HostedTools | RemoteUrls), Does("server_label", HostedTools), Does("server_description", HostedTools), Does("connector_id", HostedTools), Does("authorization", HostedTools),
        Does("headers", HostedTools), Does("allowed_tools", HostedTools), Does("require_approval", HostedTools), Does("container", HostedTools), Does("filters", HostedTools),
        Does("vector_store_ids", HostedTools | FileIds), Does("file_ids", HostedTools | FileIds), Does("user_location", HostedTools), Does("search_context_size", HostedTools),
        Does("web_search", HostedTools), Does("web_search_preview", HostedTools), Does("file_search", HostedTools), Does("code_interpreter", HostedTools), Does("code_execution", HostedTools),
        Does("computer_use", HostedTools), Does("image_generation", HostedTools), Does("mcp", HostedTools), Does("google_search", HostedTools), Does("googleSearch", HostedTools),
        Does("google_search_retrieval", HostedTools), Does("url_context", HostedTools | RemoteUrls), Does("retrieval", HostedTools | FileIds), .. CacheMarks,
    ];

    private static readonly Field[] NamedTool =
    [
        Words("type", HostedTools, "function", "custom", "allowed_tools", "auto", "none", "required", "any"), Plain("name"), Plain("mode"),
        Object("function", Plain("name")), Object("custom", Plain("name")),
    ];

    private static readonly Field[] StreamFields = [Plain("stream"), Object("stream_options", Plain("include_usage"), Plain("include_obfuscation"), Plain("continuous_usage_stats"))];

    private static readonly Field[] Document =
    [
        Plain("id"), Plain("title"), Plain("text"), Plain("contents"), Plain("snippet"), Base64("image"), UrlOr("image_url", Image), Object("content", Part), Object("source", Plain("type"), Plain("text"), Url("url")),
    ];

    private static readonly Field[] SearchTools =
    [
        Does("web_search_options", HostedTools), Does("search_parameters", HostedTools), Does("search_settings", HostedTools), Does("enable_search", HostedTools), Does("search_options", HostedTools),
        Does("compound_custom", HostedTools), Does("data_sources", HostedTools), Does("enhancements", HostedTools), Does("mcp_servers", HostedTools), Does("container", HostedTools), Does("moderation", HostedTools),
        Does("connectors", HostedTools), Does("bot_setting", HostedTools),
    ];

    private static readonly FieldNode Chat = new(
    [
        .. Common, .. Sampling, .. StreamFields, .. SearchTools,
        Object("messages", Message),
        Plain("max_completion_tokens"), Plain("reasoning_effort"), Plain("verbosity"), Plain("modalities"), Plain("parallel_tool_calls"),
        Object("tools", Tool),
        Object("tool_choice", [.. NamedTool, Object("allowed_tools", Plain("mode"), Object("tools", [.. NamedTool, .. Tool.Where(t => !NamedTool.Any(n => n.Name.AsSpan().SequenceEqual(t.Name)))]))]),
        Object("functions", Function), Object("function_call", Plain("name")),
        Object("response_format",
            Words("type", UnknownFields, "text", "json_object", "json_schema"),
            Object("json_schema", Plain("name"), Plain("description"), Does("strict", Schemas), KeptSchema("schema")), KeptSchema("schema")),
        Object("prediction", Plain("type"), Object("content", Part)),
        Object("audio", Plain("format"), Object("voice", Does("id", FileIds))),

        Does("prompt_cache_key", Identifiers), Words("prompt_cache_retention", Store, "in_memory", "in-memory"), Does("prompt_cache_options", Store), .. CacheMarks,
        Does("previous_response_id", FileIds), Does("conversation", FileIds), Does("cached_content", FileIds), Does("file_ids", FileIds), Does("attachments", FileIds), Does("thread_id", FileIds),

        Plain("add_generation_prompt"), Plain("continue_final_message"), Plain("chat_template"), Map("chat_template_kwargs"), Map("mm_processor_kwargs"), Map("media_io_kwargs"),
        Plain("include_reasoning"), Plain("reasoning_format"), Plain("reasoning_budget"), Plain("thinking_budget"), Plain("thinking_budget_tokens"), Plain("enable_thinking"), Plain("think"),
        Object("thinking", Plain("type"), Plain("budget_tokens")), Object("reasoning", Plain("effort"), Plain("max_tokens"), Plain("exclude"), Plain("enabled"), Plain("summary")),
        Plain("parse_tool_calls"), Plain("disable_tool_validation"), Plain("safe_prompt"), Plain("safety_model"), Plain("prompt_mode"), Plain("document_image_limit"), Plain("document_page_limit"),
        Plain("citation_options"), Object("documents", Document), Map("options"),
    ]);

    private static readonly FieldNode Completion = new(
    [
        .. Common, .. Sampling, .. StreamFields, Plain("prompt"), Plain("suffix"), Base64("prompt_embeds"), Plain("input_prefix"), Plain("input_suffix"),
        Object("input_extra", Plain("filename"), Plain("text")), Map("options"),
    ]);

    private static readonly FieldNode Embedding = new(
    [
        .. Common, Object("input", Plain("text"), Base64("image"), Base64("pdf"), Base64("audio"), Base64("video"), Plain("type"), UrlOr("image_url", Image), Object("content", Part)), Object("messages", Message),
        Plain("encoding_format"), Plain("dimensions"), Plain("input_type"), Plain("truncate"), Plain("truncation"), Plain("task"), Plain("prompt_name"), Plain("late_chunking"), Plain("embedding_type"), Plain("embedding_types"),
        Plain("normalized"), Plain("normalize"), Plain("output_dtype"), Plain("output_dimension"), Plain("truncate_prompt_tokens"), Plain("add_special_tokens"), Plain("priority"),
        Plain("chat_template"), Map("chat_template_kwargs"), Map("mm_processor_kwargs"), Map("options"),
    ]);

    private static readonly FieldNode Rerank = new(
    [
        .. Common, Object("query", Document), Object("documents", Document), Plain("top_n"), Plain("top_k"), Plain("return_documents"), Plain("raw_scores"), Plain("rank_fields"),
        Plain("max_chunks_per_doc"), Plain("max_tokens_per_doc"), Plain("truncate_prompt_tokens"), Plain("truncation"), Plain("instruction"), Plain("priority"), Map("mm_processor_kwargs"),
    ]);

    private static readonly FieldNode[] ByEndpoint = [Chat, Completion, Embedding, Rerank];

    /// <summary>The body of an endpoint's requests.</summary>
    public static FieldNode Of(ApiEndpoint endpoint) => ByEndpoint[endpoint.Index];

    private static Field Make(string name, FieldNode value) => new(Encoding.UTF8.GetBytes(name), value);

    // Numbers, words or texts, alone or in arrays; the upstream reads them and answers.
    private static Field Plain(string name) => Make(name, new FieldNode());

    private static Field Does(string name, FieldEffects effects) => Make(name, new FieldNode { Effects = effects, Inside = Inside.Anything });

    private static Field Words(string name, FieldEffects effects, params string[] harmless) =>
        Make(name, new FieldNode { Effects = effects, Test = ValueTest.Words, Harmless = [.. harmless.Select(Encoding.UTF8.GetBytes)] });

    private static Field Url(string name) => Make(name, new FieldNode { Effects = RemoteUrls, Test = ValueTest.DataUrl });

    private static Field Base64(string name) => Make(name, new FieldNode { Effects = RemoteUrls, Test = ValueTest.Base64 });

    private static Field UrlOr(string name, Field[] fields) => Make(name, new FieldNode(fields) { Effects = RemoteUrls, Test = ValueTest.DataUrl });

    private static Field Base64Or(string name, Field[] fields) => Make(name, new FieldNode(fields) { Effects = RemoteUrls, Test = ValueTest.Base64 });

    private static Field Object(string name, params Field[] fields) => Make(name, new FieldNode(fields));

    private static Field Map(string name) => Make(name, FieldNode.Anything);

    private static Field Schema(string name) => Make(name, FieldNode.SchemaPart);

    private static Field KeptSchema(string name) => Make(name, new FieldNode { Inside = Inside.Schema, Effects = Schemas });
}
