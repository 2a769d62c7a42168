using Gateway.Engine;
using Gateway.Ledger;
using Gateway.Providers;
using Gateway.Residency;

namespace Gateway.Routing;

/// <summary>A deployment of a model: in this process, or an API elsewhere. Just one of <see cref="Local"/> and <see cref="Upstream"/> is set.</summary>
/// <param name="Name">Name of the deployment.</param>
/// <param name="Weight">Share of the model's requests, relative to its other deployments.</param>
/// <param name="Local">The model in this process.</param>
/// <param name="Upstream">The API elsewhere.</param>
/// <param name="Placement">Where it is, and under whose law.</param>
/// <param name="Price">What its tokens cost; null when nothing.</param>
internal sealed record DeploymentModel(string Name, int Weight, LocalModel? Local, Upstream? Upstream, Placement Placement, Price? Price);
