using Gateway.Admin;
using Gateway.Api;
using Gateway.Engine;
using Gateway.Exchanges;
using Gateway.Hosting;
using Gateway.Ledger;
using Gateway.Privacy;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Residency.Fields;
using Gateway.Residency.Guard;
using Gateway.Routing;
using Gateway.Telemetry;
using Gateway.Tenants;

namespace Gateway;

/// <summary>The way of a request: the whole path on one screen.</summary>
internal static class GatewayPipeline
{
    public static void MapGateway(this WebApplication app)
    {
        app.UseMiddleware<ErrorMiddleware>();               // 404 405 500, and the body of every bare status
        app.UseRouting();
        app.UseMiddleware<ListenerMiddleware>();            // the API and administration have ports of their own
        app.UseMiddleware<AuthenticationMiddleware>();      // 401
        app.UseMiddleware<ScopeMiddleware>();               // 403, for what is no exchange
        app.UseMiddleware<ClassifyMiddleware>();            // 400, for what is no exchange
        app.UseMiddleware<AdminMiddleware>();               // 401 403, on administration's listener
        app.MapHealth();
        app.MapGatewayMetrics().WithMetadata(new AdminAttribute(), new AnonymousAttribute());
        app.MapAdmin();
        app.MapModels();
        app.MapTokens();
        app.MapUsage();
        app.MapReverseProxy(stages =>
        {
            stages.UseMiddleware<ExchangeMiddleware>();     // opens the record, always settles it
            stages.UseMiddleware<ScopeMiddleware>();        // where the key may be used, and for what: 403
            stages.UseMiddleware<RequestMiddleware>();      // bounded read, envelope: 400 413 415
            stages.UseMiddleware<RoutingMiddleware>();      // the model's cluster: 404
            stages.UseMiddleware<ClassifyMiddleware>();     // how sensitive it is: 400
            stages.UseMiddleware<DetectMiddleware>();       // raised by the personal data in it: 400 where that is refused
            stages.UseMiddleware<ResidencyMiddleware>();    // where it may go: 403
            stages.UseMiddleware<FieldsMiddleware>();       // what it asks for beside an answer: 400 403

            // Cache has its place here.
            stages.UseMiddleware<CapMiddleware>();          // no more than its share to one operator, country or all foreign ones: 403
            stages.UseMiddleware<QuotaMiddleware>();        // what it can come to is reserved of its limits: 429
            stages.UseMiddleware<LedgerMiddleware>();       // the line is opened, on disk where the class of data asks for it: 503
            stages.UseMiddleware<FallbackMiddleware>();     // the rest again on what is left, until a byte has gone to the client
            stages.UseLoadBalancing();
            stages.UsePassiveHealthChecks();
            stages.UseMiddleware<DispatchMiddleware>();     // where it goes is looked at once more: 403
            stages.UseMiddleware<EngineMiddleware>();       // `local://` is answered here, all else by YARP's forwarder
        });
    }
}
