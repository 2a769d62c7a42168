using System.CommandLine;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Tenants;
using Gateway.Tenants.Keys;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway keys</c>: the operations of the admin API on the store itself, whether or not a gateway runs on it; one that does takes changes over by itself.
/// </summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var generate = new Command("generate", "Makes a key for the configuration file. It is shown once; the file holds its hash only.");
        generate.SetAction(parse =>
        {
            var key = ApiKey.Generate();
            parse.InvocationConfiguration.Output.WriteLine($"key:    {key}");
            parse.InvocationConfiguration.Output.WriteLine($"sha256: {KeyHash.Of(key)}");
        });
        return new Command("keys", "API keys.") { generate, CreateKey(), List(), Show(), Rotate(), Revoke(), Expire() };
    }

    private static Command CreateKey()
    {
        var tenant = new Option<string>("--tenant") { Description = "Name of the tenant.", HelpName = "TENANT", Required = true };
        var name = new Option<string>("--name") { Description = "Name of the key, for people.", HelpName = "NAME", Required = true };
        var models = ListOption("--models", "Models that it may be used for, with commas. Default: all of the tenant's.");
        var endpoints = ListOption("--endpoints", "Endpoints that it may be used for, with commas: " + string.Join(", ", KeyScope.EndpointNames) + ". Default: all.");
        var networks = ListOption("--networks", "Addresses or CIDR ranges that it may be used from, with commas. Default: all.");
        var dataClass = new Option<string?>("--data-class") { Description = "Least data class of its requests, one of data_classes in the configuration. Default: the lowest.", HelpName = "CLASS" };
        var limits = new Option<string[]>("--limit")
        {
            Description = "A limit of the key, such as requests_per_minute=60; may be given several times: " + string.Join(", ", LimitsJson.Names) + ".",
            HelpName = "NAME=NUMBER",
        };
        var expires = ExpiresOption();
        var command = new Command("create", "Makes a key. It is shown once.") { tenant, name, models, endpoints, networks, dataClass, limits, expires };
        return command.OnStore(async (parse, session, cancellationToken) =>
        {
            if (!TryReadExpiry(parse.GetValue(expires), session.Now, out var expiresAt, out var problem))
            {
                return session.Fail(problem);
            }

            var asked = LimitsJson.Parse(parse.GetValue(limits) ?? [], out problem);
            if (asked is null)
            {
                return session.Fail("--limit " + problem);
            }

            var scope = new ScopeJson
            {
                Limits = asked == new LimitsJson() ? null : asked,
                Models = Split(parse.GetValue(models)),
                Endpoints = Split(parse.GetValue(endpoints)),
                Networks = Split(parse.GetValue(networks)),
                DataClass = parse.GetValue(dataClass),
            };
            var (made, error) = await session.Keys.CreateAsync(session.Caller, new KeyDraft(parse.GetValue(tenant), parse.GetValue(name), scope, expiresAt), cancellationToken);
            return made is null ? session.Fail(error!.Message) : session.Write(KeyJson.Of(made, session.Now), KeyText.Made);
        });
    }

    private static Command List()
    {
        var tenant = new Option<string?>("--tenant") { Description = "Keys of this tenant only.", HelpName = "TENANT" };
        return new Command("list", "Lists keys: those declared in the file, then those made at run time.") { tenant }.OnStore(async (parse, session, cancellationToken) =>
        {
            if (PageRequest.CheckTexts(("tenant", parse.GetValue(tenant))) is { } invalid)
            {
                return session.Fail(invalid.Message);
            }

            // A page at a time: there may be a million.
            var rows = new KeyListWriter(session);
            rows.Write(KeyOperations.DeclaredKeys(session.Caller, parse.GetValue(tenant)).Select(k => KeyJson.Of(k, session.Now)));
            for (Stores.PageCursor? after = null; ;)
            {
                var (page, error) = await session.Keys.ListAsync(session.Caller, parse.GetValue(tenant), new PageRequest(after, PageRequest.LargestSize), cancellationToken);
                if (page is null)
                {
                    return session.Fail(error!.Message);
                }

                rows.Write(page.Keys.Select(k => KeyJson.Of(k, session.Now)));
                if ((after = page.Next) is null)
                {
                    return rows.End();
                }
            }
        });
    }

    private static Command Show()
    {
        var id = IdArgument();
        return new Command("show", "Shows one key.") { id }.OnStore(async (parse, session, cancellationToken) =>
        {
            if (KeyOperations.KeyOfFile(session.Caller, parse.GetValue(id)!) is { } declared)
            {
                return session.Write(KeyJson.Of(declared, session.Now), KeyText.Details);
            }

            var (key, error) = await session.Keys.ShowAsync(session.Caller, parse.GetValue(id)!, cancellationToken);
            return key is null ? session.Fail(error!.Message) : session.Write(KeyJson.Of(key, session.Now), KeyText.Details);
        });
    }

    private static Command Rotate()
    {
        var id = IdArgument();
        var grace = new Option<string>("--grace")
        {
            Description = "How long the key before works too, such as 30m, 24h or 7d; 0s for not at all.",
            HelpName = "DURATION",
            DefaultValueFactory = _ => "24h",
        };
        return new Command("rotate", "Replaces a key by another, which is shown once. Both work until the grace ends.") { id, grace }.OnStore(async (parse, session, cancellationToken) =>
        {
            if (!Duration.TryParse(parse.GetValue(grace)!, out var duration))
            {
                return session.Fail("--grace must be a duration such as 30m, 24h or 7d.");
            }

            var (made, error) = await session.Keys.RotateAsync(session.Caller, parse.GetValue(id)!, duration, cancellationToken);
            return made is null ? session.Fail(error!.Message) : session.Write(KeyJson.Of(made, session.Now), KeyText.Made);
        });
    }

    private static Command Revoke()
    {
        var id = IdArgument();
        return new Command("revoke", "Ends a key now; gateways that run take it over within a second.") { id }.OnStore(async (parse, session, cancellationToken) =>
        {
            var (key, error) = await session.Keys.RevokeAsync(session.Caller, parse.GetValue(id)!, cancellationToken);
            return key is null ? session.Fail(error!.Message) : session.Write(KeyJson.Of(key, session.Now), KeyText.Details);
        });
    }

    private static Command Expire()
    {
        var id = IdArgument();
        var expires = ExpiresOption();
        var never = new Option<bool>("--never") { Description = "It does not expire." };
        return new Command("expire", "Sets when a key expires.") { id, expires, never }.OnStore(async (parse, session, cancellationToken) =>
        {
            DateTimeOffset? expiresAt = null;
            if (parse.GetValue(never) == (parse.GetValue(expires) is not null))
            {
                return session.Fail("Give one of --expires and --never.");
            }

            if (!TryReadExpiry(parse.GetValue(expires), session.Now, out expiresAt, out var problem))
            {
                return session.Fail(problem);
            }

            var (key, error) = await session.Keys.SetExpiryAsync(session.Caller, parse.GetValue(id)!, expiresAt, cancellationToken);
            return key is null ? session.Fail(error!.Message) : session.Write(KeyJson.Of(key, session.Now), KeyText.Details);
        });
    }

    private static Argument<string> IdArgument() => new("id") { Description = "Id of the key, as `keys list` shows it." };

    private static Option<string?> ListOption(string name, string description) => new(name) { Description = description, HelpName = "A,B" };

    private static Option<string?> ExpiresOption() =>
        new("--expires") { Description = "From when on it is refused: a duration from now such as 90d, a date (its beginning in UTC) or a time such as 2027-01-31T18:00:00Z.", HelpName = "WHEN" };

    private static string[]? Split(string? list) => list?.Split(',', StringSplitOptions.TrimEntries);

    private static bool TryReadExpiry(string? text, DateTimeOffset now, out DateTimeOffset? expiresAt, out string problem)
    {
        (expiresAt, problem) = (null, "");
        if (text is null)
        {
            return true;
        }

        if (Duration.TryParse(text, out var duration))
        {
            expiresAt = now + duration;
            return true;
        }

        if (Moment.TryParse(text, out var time))
        {
            expiresAt = time;
            return true;
        }

        problem = $"--expires must be a duration such as 90d, or {Moment.InWords}.";
        return false;
    }
}
