using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine.Workers;

/// <summary>What a worker is told on its standard input, as one line of JSON. The stream then stays open for as long as the gateway wants the worker.</summary>
/// <param name="Options">What to load, and how.</param>
/// <param name="Socket">Path of the Unix socket to listen on, in a folder of its own that the worker removes.</param>
/// <param name="Parent">Process id of the gateway.</param>
/// <param name="Level">Least level of log entries that the gateway wants.</param>
/// <param name="NativeLevel">The same of libllama's.</param>
internal sealed record WorkerSettings(LlamaEngineOptions Options, string Socket, int Parent, LogLevel Level, LogLevel NativeLevel);

/// <summary>What a worker tells of itself on its standard output, a line of JSON each. One of the properties is set.</summary>
internal sealed record WorkerNote
{
    /// <summary>Share of the weights that is loaded, 0 to 1.</summary>
    public float? Progress { get; init; }

    /// <summary>The model is loaded, and the worker listens.</summary>
    public LlamaModelInfo? Ready { get; init; }

    /// <summary>The model cannot be loaded.</summary>
    public WorkerRefusal? Refusal { get; init; }

    public WorkerLogEntry? Log { get; init; }

    public LlamaEngineStatistics? Statistics { get; init; }

    /// <summary>With <see cref="Statistics"/>: the same for those tenants for whom it changed; null where it did for none.</summary>
    public IReadOnlyList<LlamaTenantStatistics>? Tenants { get; init; }

    /// <summary>With <see cref="Statistics"/>: whether adapters are being loaded.</summary>
    public bool? IsLoading { get; init; }
}

/// <summary>A log entry, which holds no text of a request, as none in the gateway does.</summary>
internal sealed record WorkerLogEntry(string Category, LogLevel Level, int Id, string? Name, string Message);

/// <summary>The parts of a <see cref="LlamaLoadException"/>.</summary>
internal sealed record WorkerRefusal(string Path, string Problem, string Remedy, bool IsAdapter)
{
    public static WorkerRefusal Of(LlamaLoadException e) => new(e.ModelPath, e.Problem, e.Remedy, e.IsAdapter);

    public LlamaLoadException ToException() => IsAdapter ? LlamaLoadException.ForAdapter(Path, Problem, Remedy) : new(Path, Problem, Remedy);
}

internal enum WorkerOperation
{
    /// <summary>Answer an exchange.</summary>
    Answer,

    /// <summary>Tell what an exchange comes to in tokens at most.</summary>
    Measure,

    Tokenize,
    Detokenize,

    /// <summary>Load the adapters of the call, so that what is wrong with them is told before a request needs them.</summary>
    LoadAdapters,

    /// <summary>Free the adapters of the call.</summary>
    FreeAdapters,
}

/// <summary>What the gateway asks of a worker, a connection each. The body of the request follows it.</summary>
internal sealed record WorkerCall(WorkerOperation Operation)
{
    /// <summary>Id of the request.</summary>
    public string Id { get; init; } = "";

    /// <summary>The endpoint's <see cref="ApiEndpoint.RouteId"/>, of an exchange.</summary>
    public string Endpoint { get; init; } = "";

    public AnswerDefaults? Defaults { get; init; }

    /// <summary>Who asks: name of the tenant.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>The tenant's share of the engine beside others.</summary>
    public int Weight { get; init; } = 1;

    public int Priority { get; init; }

    /// <summary>When the answer is made, in Unix seconds.</summary>
    public long CreatedAt { get; init; }

    public IReadOnlyList<AdapterFile> Adapters { get; init; } = [];
}

/// <summary>Status and headers of an answer.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">Headers by name.</param>
internal sealed record WorkerHead(int Status, IReadOnlyDictionary<string, string> Headers);

/// <summary>How a call ended.</summary>
internal sealed record WorkerEnd
{
    public ExchangeOutcome Outcome { get; init; }

    /// <summary>What the client was told in place of an answer.</summary>
    public ApiError? Failure { get; init; }

    public Usage? Usage { get; init; }

    /// <summary>Time from the call until the first token was there; null where there was none.</summary>
    public TimeSpan? FirstTokenAfter { get; init; }

    /// <summary>Tokens of the prompts, of a <see cref="WorkerOperation.Measure"/>.</summary>
    public long Input { get; init; }

    /// <summary>Tokens that the answers may have at most.</summary>
    public long Output { get; init; }

    /// <summary>Why adapters cannot be loaded.</summary>
    public WorkerRefusal? Refusal { get; init; }

    /// <summary>Whether the worker failed on the call, as its log entry says.</summary>
    public bool IsFault { get; init; }

    public LlamaEngineStatistics? Statistics { get; init; }

    /// <summary>The same for the tenant that asked.</summary>
    public LlamaTenantStatistics? Tenant { get; init; }
}

internal static class WorkerJson
{
    public static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
