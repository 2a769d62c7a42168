using Gateway.Exchanges;
using Gateway.Residency.Fields;

namespace Gateway.Api;

/// <summary>
/// An error in OpenAI's terms: <c>{"error":{"message","type","param","code"}}</c>.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Message">What was wrong and what to do; never text of a prompt or an answer.</param>
/// <param name="Type">One of <see cref="ApiErrorTypes"/>.</param>
/// <param name="Param">Path of the request's field that is at fault, as <c>messages[0].role</c>; null when none is.</param>
/// <param name="Code">A word for programs; null when the message says all.</param>
internal sealed record ApiError(int Status, string Message, string Type, string? Param = null, string? Code = null)
{
    // No configured name is longer; a client's may be as long as its body.
    private const int MaxQuoted = 128;

    /// <summary>Seconds after which a retry makes sense, sent as <c>Retry-After</c>.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>For each deployment of the model why it may not be used, sent as <c>deployments</c>; null where that is not the matter.</summary>
    public IReadOnlyList<DeploymentRefusal>? Deployments { get; init; }

    public static ApiError BadRequest(string message, string? param = null, string? code = null) =>
        new(StatusCodes.Status400BadRequest, message, ApiErrorTypes.InvalidRequest, param, code);

    /// <summary>The same words for a missing and for a wrong key, so that neither can be told from the other.</summary>
    public static readonly ApiError InvalidApiKey = new(
        StatusCodes.Status401Unauthorized,
        "No valid API key was given. Send a key of this gateway as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.",
        ApiErrorTypes.InvalidRequest,
        Code: "invalid_api_key");

    /// <summary>RFC 6750, section 3.1: more than one way to say who asks is a malformed request.</summary>
    public static readonly ApiError AmbiguousCredentials = new(
        StatusCodes.Status400BadRequest,
        "The request carries two credentials that differ. Send one, as 'Authorization: Bearer KEY' or as 'x-api-key: KEY'.",
        ApiErrorTypes.InvalidRequest,
        Code: "ambiguous_credentials");

    public static readonly ApiError KeyInUrl = new(
        StatusCodes.Status401Unauthorized,
        "A key in the URL is not accepted: URLs stand in logs. Send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY', and replace the key if the URL went over a network.",
        ApiErrorTypes.InvalidRequest,
        Code: "key_in_url");

    /// <summary>Whoever gets to see it has the key, so it tells nobody else anything.</summary>
    public static readonly ApiError KeyExpired = new(
        StatusCodes.Status401Unauthorized, "This API key has expired. Ask for a new one.", ApiErrorTypes.InvalidRequest, Code: "key_expired");

    /// <inheritdoc cref="KeyExpired"/>
    public static readonly ApiError KeyRevoked = new(
        StatusCodes.Status401Unauthorized, "This API key was revoked. Ask for a new one.", ApiErrorTypes.InvalidRequest, Code: "key_revoked");

    public static ApiError KeyClassUnknown(string dataClass) => new(
        StatusCodes.Status403Forbidden,
        $"The requests of this key are of the data class `{RequestFields.Shorten(dataClass)}` at least, which the gateway's configuration no longer has (`data_classes`).",
        ApiErrorTypes.InvalidRequest,
        Code: "data_class_unknown");

    /// <summary>The key may be good: it is not for the client to throw away.</summary>
    public static readonly ApiError KeysUnavailable = new(
        StatusCodes.Status503ServiceUnavailable,
        "The store that keys stand in does not answer or is still being read, and this key is not one of those already known. Retry in a moment.",
        ApiErrorTypes.Server,
        Code: "store_unavailable")
    { RetryAfter = 2 };

    public static readonly ApiError InvalidAdminKey = new(
        StatusCodes.Status401Unauthorized,
        "No valid admin key was given. Send one of `admins` in the configuration as 'Authorization: Bearer KEY', or a token whose claims name a role; keys of tenants do not open the admin API.",
        ApiErrorTypes.InvalidRequest,
        Code: "invalid_admin_key");

    public static readonly ApiError NoRole = new(
        StatusCodes.Status403Forbidden,
        "The token's claims name no role of the admin side (`role_claim` of its issuer in the configuration).",
        ApiErrorTypes.InvalidRequest,
        Code: "no_role");

    public static ApiError NotPermitted(string what) => new(
        StatusCodes.Status403Forbidden, $"Your role does not have `{what}`.", ApiErrorTypes.InvalidRequest, Code: "not_permitted");

    public static readonly ApiError OtherTenant = new(
        StatusCodes.Status403Forbidden, "Your role is for your own tenant only.", ApiErrorTypes.InvalidRequest, Param: "tenant", Code: "not_permitted");

    public static ApiError KeyNotFound(string id, bool isDeclared) => new(
        isDeclared ? StatusCodes.Status409Conflict : StatusCodes.Status404NotFound,
        isDeclared
            ? $"The key `{RequestFields.Shorten(id)}` is declared in the configuration file; change it there."
            : $"There is no key `{RequestFields.Shorten(id)}`.",
        ApiErrorTypes.InvalidRequest,
        Code: isDeclared ? "key_declared" : "key_not_found");

    public static ApiError TooManyKeys(int most) => new(
        StatusCodes.Status409Conflict,
        $"The tenant has {most} keys that are good, which is the most that it may have (`key_policy.max_keys` in the configuration). Revoke one first.",
        ApiErrorTypes.InvalidRequest,
        Code: "too_many_keys");

    public static ApiError KeyNotActive(string status) => new(
        StatusCodes.Status409Conflict, $"The key is {status}. Make a new one.", ApiErrorTypes.InvalidRequest, Code: "key_not_active");

    public static ApiError StoreUnavailable(string reason) => new(
        StatusCodes.Status503ServiceUnavailable, $"The store is not available: {reason}. Retry in a moment.", ApiErrorTypes.Server, Code: "store_unavailable")
    { RetryAfter = 2 };

    /// <summary>A token is refused; the words say what to look at, not what the gateway expects.</summary>
    public static ApiError InvalidToken(string code, string message) =>
        new(StatusCodes.Status401Unauthorized, message, ApiErrorTypes.InvalidRequest, Code: code);

    public static ApiError IssuerUnavailable(string issuer) => new(
        StatusCodes.Status503ServiceUnavailable,
        $"The keys of the issuer `{issuer}` could not be fetched yet, so its tokens cannot be checked. Retry in a moment.",
        ApiErrorTypes.Server,
        Code: "issuer_unavailable")
    { RetryAfter = 5 };

    public static ApiError NoTenant(string message) => new(StatusCodes.Status403Forbidden, message, ApiErrorTypes.InvalidRequest, Code: "no_tenant");

    public static ApiError EndpointNotAllowed(string endpoint) => new(
        StatusCodes.Status403Forbidden,
        $"The scope of this key does not have the endpoint `{endpoint}`.",
        ApiErrorTypes.InvalidRequest,
        Code: "endpoint_not_allowed");

    public static ApiError AddressNotAllowed(System.Net.IPAddress? address) => new(
        StatusCodes.Status403Forbidden,
        address is null
            ? "This key is bound to networks, and where the request comes from is not known: the proxy before the gateway named no address."
            : $"This key may not be used from {address}.",
        ApiErrorTypes.InvalidRequest,
        Code: "address_not_allowed");

    /// <summary>What Kestrel found wrong with the request while it was read.</summary>
    public static ApiError BadHttp(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => new(
            e.StatusCode, "The request body arrived too slowly and was given up.", ApiErrorTypes.InvalidRequest, Code: "request_timeout"),
        _ => new(
            e.StatusCode, "The HTTP request is malformed: its body ended early or is badly framed.", ApiErrorTypes.InvalidRequest, Code: "bad_http_request"),
    };

    public static ApiError DuplicateKey(string path) =>
        BadRequest($"The key `{path}` stands in the request twice, or in two cases; parsers disagree about which counts.", path, "duplicate_key");

    /// <summary>A field would make an upstream do what the policy denies.</summary>
    public static ApiError FieldDenied(string path, FieldEffects effect, DataClass dataClass) => new(
        StatusCodes.Status403Forbidden,
        $"The field `{path}` {SideDoors.WordsOf(effect)}. The policy denies that for data of the class `{dataClass}` (`side_doors.{SideDoors.KeyOf(effect)}`). Leave the field out.",
        ApiErrorTypes.InvalidRequest,
        path,
        "field_denied");

    /// <summary>The facts by which a deployment was permitted expired on the way.</summary>
    public static ApiError NoLongerPermitted(string deployment, DataClass dataClass) => new(
        StatusCodes.Status403Forbidden,
        $"The deployment `{deployment}` is not permitted for data of the class `{dataClass}` at this moment, so the request was not sent to it.",
        ApiErrorTypes.InvalidRequest,
        Code: "residency_denied");

    public static ApiError ResidencyDenied(string model, string dataClass, IReadOnlyList<DeploymentRefusal> deployments) => new(
        StatusCodes.Status403Forbidden,
        $"No deployment of the model `{model}` may be sent data of the class `{dataClass}` by your policy: "
        + $"{string.Join("; ", deployments.Select(d => $"{d.Name}: {string.Join(", ", d.Reasons)}"))}.",
        ApiErrorTypes.InvalidRequest,
        Code: "residency_denied")
    { Deployments = deployments };

    /// <summary>What is wrong with the header by which a client says how sensitive its request is.</summary>
    public static ApiError DataClassHeader(string problem, string code) => BadRequest($"The header `x-data-class` {problem}.", "x-data-class", code);

    /// <param name="kinds">Names of the kinds that were found; never what was found.</param>
    public static ApiError PersonalData(IReadOnlyList<string> kinds) => BadRequest(
        $"The request holds personal data that your organisation does not let through here: {string.Join(", ", kinds)}. Remove it and send the request again.", code: "personal_data_refused");

    public static ApiError PersonalDataInAnswer(IEnumerable<string> kinds) => new(
        StatusCodes.Status403Forbidden,
        $"The answer holds personal data that your organisation does not let through here: {string.Join(", ", kinds)}. It was withheld.",
        ApiErrorTypes.InvalidRequest,
        Code: "personal_data_in_answer");

    public static readonly ApiError AnswerTooLong = new(
        StatusCodes.Status502BadGateway, "A line of the deployment's answer is longer than the gateway can look through.", ApiErrorTypes.Upstream, Code: "upstream_invalid_response");

    public static ApiError ModelNotFound(string model) => new(
        StatusCodes.Status404NotFound,
        $"The model `{RequestFields.Shorten(model, MaxQuoted)}` does not exist or you do not have access to it.",
        ApiErrorTypes.InvalidRequest,
        Code: "model_not_found");

    public static ApiError BodyTooLarge(long limit) => new(
        StatusCodes.Status413PayloadTooLarge,
        $"The request body is larger than {limit} bytes, the limit of this gateway (`limits.body_bytes`).",
        ApiErrorTypes.InvalidRequest,
        Code: "request_too_large");

    public static ApiError Overloaded(string model) => new(
        StatusCodes.Status429TooManyRequests,
        $"The queue of the model `{model}` is full. Retry in a moment.",
        ApiErrorTypes.RateLimit,
        Code: "engine_overloaded")
    { RetryAfter = 1 };

    public static readonly ApiError Stopping = new(
        StatusCodes.Status503ServiceUnavailable,
        "The gateway is being stopped and broke this answer off. Retry in a moment.",
        ApiErrorTypes.Server,
        Code: "gateway_stopping")
    { RetryAfter = 1 };

    public static readonly ApiError LedgerUnavailable = new(
        StatusCodes.Status503ServiceUnavailable,
        "The gateway cannot record this request now, and does not answer what it cannot record. Retry in a moment.",
        ApiErrorTypes.Server,
        Code: "ledger_unavailable")
    { RetryAfter = 5 };

    public static ApiError ModelNotLoaded(string model, TimeSpan retryIn) => new(
        StatusCodes.Status503ServiceUnavailable,
        $"The model `{model}` could not be loaded. The gateway's log says why.",
        ApiErrorTypes.Server,
        Code: "model_not_loaded")
    { RetryAfter = Math.Max(1, (int)Math.Ceiling(retryIn.TotalSeconds)) };

    public static ApiError WorkerEnded(string model, TimeSpan retryIn) => new(
        StatusCodes.Status503ServiceUnavailable,
        $"The process that hosts the model `{RequestFields.Shorten(model, MaxQuoted)}` has ended and is being started again. Retry in a moment.",
        ApiErrorTypes.Server,
        Code: "worker_ended")
    { RetryAfter = Math.Max(1, (int)Math.Ceiling(retryIn.TotalSeconds)) };

    public static ApiError NoRoom(string model, TimeSpan retryIn) => new(
        StatusCodes.Status503ServiceUnavailable,
        $"The model `{model}` is not in memory, and requests to other models use the room that it takes. It is loaded as soon as they let it. Retry in a moment.",
        ApiErrorTypes.Server,
        Code: "model_no_room")
    { RetryAfter = Math.Max(1, (int)Math.Ceiling(retryIn.TotalSeconds)) };

    public static readonly ApiError EngineFailed = Internal("The engine broke this answer off. The gateway's log says why.");

    public static ApiError Internal(string message) =>
        new(StatusCodes.Status500InternalServerError, message, ApiErrorTypes.Server, Code: "internal_error");
}

/// <summary>Why a deployment may not be used.</summary>
/// <param name="Name">Name of the deployment.</param>
/// <param name="Reasons">Words for programs.</param>
internal sealed record DeploymentRefusal(string Name, IReadOnlyList<string> Reasons);

/// <summary>The values of <c>error.type</c> that OpenAI's clients know.</summary>
internal static class ApiErrorTypes
{
    public const string InvalidRequest = "invalid_request_error";
    public const string RateLimit = "rate_limit_error";
    public const string Server = "server_error";
    public const string Upstream = "upstream_error";
}
