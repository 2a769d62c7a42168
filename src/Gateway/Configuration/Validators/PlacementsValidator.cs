using Gateway.Residency;

namespace Gateway.Configuration.Validators;

/// <summary>Placements name countries that there are, and say nothing that the deployment's own URL or model contradicts. A local deployment is where its node is.</summary>
internal sealed class PlacementsValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var book = new CountryBook(config.CountryGroups);
        var areAskedFor = config.Policies.Any(p => p.Classes.Values.Any(r => r.Anywhere != true && r.LocalOnly != true));
        for (var i = 0; i < config.Deployments.Count; i++)
        {
            var (deployment, parent) = (config.Deployments[i], $"deployments[{i}]");
            if (report.IsUnusable($"{parent}.kind"))
            {
                continue;
            }

            var key = $"{parent}.placement";
            if (deployment.Placement is { } placement)
            {
                ValidateFacts(placement, key, book, report);
            }

            if (deployment.Kind == DeploymentKind.Local)
            {
                ValidateLocal(deployment.Placement, config.Node, key, book, report);
            }
            else
            {
                ValidateRemote(deployment, NamesOf(deployment, config), parent, book, areAskedFor, report);
            }
        }
    }

    private static void ValidateFacts(PlacementConfig placement, string key, CountryBook book, ConfigReport report)
    {
        CountriesValidator.CheckList(book, placement.Processing, $"{key}.processing", report);
        CountriesValidator.CheckList(book, placement.Storage, $"{key}.storage", report);
        CountriesValidator.CheckCountry(placement.OperatorCountry, $"{key}.operator_country", report);
        CountriesValidator.CheckCountry(placement.Weights.Origin, $"{key}.weights.origin", report);
        CountriesValidator.CheckDates(placement, key, report);
        if (placement.Processing is { Count: 0 })
        {
            report.Error($"{key}.processing", "is empty; name every country where it may be processed, or leave it out when that is not known");
        }
    }

    private static void ValidateLocal(PlacementConfig? placement, NodeConfig node, string key, CountryBook book, ConfigReport report)
    {
        if (placement is null)
        {
            return;
        }

        var facts = Placement.OfNode(node);
        Check("processing", placement.Processing is null || Same(book.Read(placement.Processing), facts.Processing), "node.country");
        Check("storage", placement.Storage is null or { Count: 0 } || Same(book.Read(placement.Storage), facts.Storage), "node.country");
        Check("operator", placement.Operator is null || string.Equals(placement.Operator, facts.Operator, StringComparison.Ordinal), "node.operator");
        Check("operator_country", placement.OperatorCountry is null || string.Equals(placement.OperatorCountry, facts.OperatorCountry, StringComparison.Ordinal), "node.operator_country");
        Check("retention_days", placement.RetentionDays is null or 0, by: null);
        Check("trains", placement.Trains is null or false, by: null);
        Check("expires", placement.Expires is null, by: null);

        void Check(string name, bool isRight, string? by)
        {
            if (!isRight)
            {
                report.Error($"{key}.{name}", by is null
                    ? "does not fit a deployment in this process, which keeps nothing and whose place does not expire; remove it"
                    : $"a local deployment is where its node is; write `{by}`, and nothing else here");
            }
        }
    }

    private static bool Same(CountrySet? a, CountrySet? b) => a is not null && b is not null && a.IsSubsetOf(b) && b.IsSubsetOf(a);

    private static void ValidateRemote(DeploymentConfig deployment, IEnumerable<string> models, string parent, CountryBook book, bool areAskedFor, ConfigReport report)
    {
        var facts = new List<CatalogueFact>();
        var url = deployment.BaseUrl ?? (deployment.Kind == DeploymentKind.OpenAI ? DefaultConfig.OpenAIBaseUrl : null);
        var ofUrl = url is not null && RemoteUrl.Check(url, deployment.Private, []) is null ? Catalogue.OfUrl(new Uri(url)) : null;
        if (ofUrl is not null)
        {
            facts.Add(ofUrl);
        }

        facts.AddRange(models.Select(Catalogue.OfModel).OfType<CatalogueFact>().DistinctBy(f => f.What));
        var key = $"{parent}.placement";
        if (deployment.Placement is not { } placement)
        {
            if (areAskedFor)
            {
                report.Warning(
                    $"{parent}.name",
                    $"nothing is known of where the deployment {ConfigText.Quote(deployment.Name)} is, so no policy that asks for it permits it; write `placement`{Suggest(facts)}");
            }

            return;
        }

        if (book.Read(placement.Processing) is { IsEmpty: false } stated)
        {
            foreach (var fact in facts)
            {
                CheckProcessing(fact, stated, $"{key}.processing", report);
            }
        }

        if (ofUrl?.OperatorCountry is { } home && placement.OperatorCountry is { } said && !string.Equals(home, said, StringComparison.Ordinal))
        {
            report.Warning($"{key}.operator_country", $"{ofUrl.Operator}, whose host this is, is at home in {home} by the catalogue of {Catalogue.AsOf}, not in {said}");
        }
    }

    private static void CheckProcessing(CatalogueFact fact, CountrySet stated, string key, ConfigReport report)
    {
        var where = fact.Region is null ? fact.What : $"the region `{fact.Region}` of {fact.What}";
        if (fact.IsAnywhere)
        {
            report.Error(key, $"contradicts {where}, which may be processed in any region of its provider ({fact.Source}, catalogue of {Catalogue.AsOf}); name a model and a host of one region, or leave `processing` out");
        }
        else if (fact.Countries is { } countries && !countries.IsSubsetOf(stated))
        {
            report.Error(key, $"contradicts {where}, which may be processed in {countries} ({fact.Source}, catalogue of {Catalogue.AsOf}); {countries.Except(stated)} is missing here");
        }
    }

    private static string Suggest(List<CatalogueFact> facts) => facts.Find(f => f.Countries is not null || f.OperatorCountry is not null) is { } fact
        ? $". The catalogue of {Catalogue.AsOf} has for {fact.What}: "
            + string.Join(", ", new[] { fact.Countries is { } c ? $"processing {c}" : null, fact.OperatorCountry is { } home ? $"operator {fact.Operator} of {home}" : null }.OfType<string>())
            + $" ({fact.Source}); whether that holds for yours is for you to say"
        : "";

    // What it is asked for: its own name of the model, or the names of the models that it serves.
    private static IEnumerable<string> NamesOf(DeploymentConfig deployment, GatewayConfig config) =>
        deployment.Model is { } model ? [model]
        : config.Models.Where(m => m.Deployments.Any(d => string.Equals(d.Name, deployment.Name, StringComparison.Ordinal))).Select(m => m.Name);
}
