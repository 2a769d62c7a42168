using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Admin;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway quotas</c>: asks a running gateway, for what is reserved at this moment is known to nobody else. Its payments are booked in the store itself, as keys are; a gateway
/// that runs takes them over by itself.
/// </summary>
internal static class QuotasCommand
{
    private const string KeyVariable = "GATEWAY_ADMIN_KEY";

    private static readonly JsonSerializerOptions Indented = new(AdminJson.Options) { WriteIndented = true, NewLine = "\n" };

    // A newer gateway may tell more.
    private static readonly JsonSerializerOptions Tolerant = new(AdminJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    public static Command Create()
    {
        var tenant = new Option<string?>("--tenant") { Description = "Limits of this tenant only.", HelpName = "TENANT" };
        var url = new Option<string>("--url") { Description = "Administration of the gateway.", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:8081" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command(
            "quotas", $"Shows each limit and how far it is used now. Asks the gateway that runs, by its admin API with the admin key in {KeyVariable}.") { tenant, url, json, TopUp(), Balance() };
        command.SetAction((parse, cancellationToken) => ListAsync(parse, parse.GetValue(url)!, parse.GetValue(tenant), parse.GetValue(json), cancellationToken));
        return command;
    }

    private static Command TopUp()
    {
        var tenant = TenantOption();
        var amount = new Option<decimal>("--amount") { Description = "How much was paid, such as 100 or 12.50; with a minus it is paid back.", HelpName = "AMOUNT", Required = true };
        var currency = new Option<string>("--currency") { Description = "That of the tenant, such as BRL.", HelpName = "CODE", Required = true };
        var id = new Option<string?>("--id") { Description = "Your name of the payment: booked twice it counts once. Default: a new one.", HelpName = "ID" };
        var note = new Option<string?>("--note") { Description = "For people.", HelpName = "TEXT" };
        return new Command("top-up", "Books a payment of a tenant that pays ahead.") { tenant, amount, currency, id, note }.OnStore(async (parse, session, cancellationToken) =>
        {
            var payment = new TopUpJson { Amount = parse.GetValue(amount), Currency = parse.GetValue(currency), Id = parse.GetValue(id), Note = parse.GetValue(note) };
            var (balance, error) = await session.Balances.TopUpAsync(session.Caller, parse.GetValue(tenant)!, payment, cancellationToken);
            return balance is null ? session.Fail(error!.Message) : session.Write(balance, ToText);
        });
    }

    private static Command Balance()
    {
        var tenant = TenantOption();
        return new Command("balance", "Shows what a tenant has paid ahead and spent, with its latest payments.") { tenant }.OnStore(async (parse, session, cancellationToken) =>
        {
            var (balance, error) = await session.Balances.ShowAsync(session.Caller, parse.GetValue(tenant)!, cancellationToken);
            return balance is null ? session.Fail(error!.Message) : session.Write(balance, ToText);
        });
    }

    private static Option<string> TenantOption() => new("--tenant") { Description = "Name of the tenant.", HelpName = "TENANT", Required = true };

    private static async Task<int> ListAsync(ParseResult parse, string url, string? tenant, bool asJson, CancellationToken cancellationToken)
    {
        var console = parse.InvocationConfiguration;
        if (Environment.GetEnvironmentVariable(KeyVariable) is not { Length: > 0 } key || !Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            await console.Error.WriteLineAsync($"Give the key of an admin in {KeyVariable}, and with --url a whole URL such as http://127.0.0.1:8081.");
            return ExitCode.Usage;
        }

        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(address, "/admin/v1/quotas" + (tenant is null ? "" : "?tenant=" + Uri.EscapeDataString(tenant))));
        request.Headers.Authorization = AuthenticationHeaderValue.TryParse("Bearer " + key, out var header) ? header : null;
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            using var document = JsonDocument.Parse(body);
            if (!response.IsSuccessStatusCode)
            {
                await console.Error.WriteLineAsync(document.RootElement.GetProperty("error").GetProperty("message").GetString());
                return ExitCode.Failed;
            }

            var list = document.RootElement.Deserialize<ListJson<QuotaJson>>(Tolerant)!;
            await console.Output.WriteLineAsync(asJson ? JsonSerializer.Serialize(list, Indented) : ToTable(list.Data));
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException or KeyNotFoundException)
        {
            await console.Error.WriteLineAsync($"{url} does not answer as the admin API of a gateway does; --url says where else it is.");
            return ExitCode.Failed;
        }
    }

    private static string ToTable(IReadOnlyList<QuotaJson> quotas)
    {
        if (quotas.Count == 0)
        {
            return "no limits";
        }

        var text = new StringBuilder(Row("OWNER", "LIMIT", "USED", "RESERVED", "LEFT", "RESET"));
        foreach (var quota in quotas)
        {
            var owner = quota.Owner switch
            {
                "key" => $"{quota.Tenant} {quota.Key}",
                "model" => quota.Model!,
                "tenant-model" => $"{quota.Tenant} {quota.Model}",
                _ => quota.Tenant!,
            };
            var limit = quota.Measure switch
            {
                "balance" => $"balance {quota.Currency}",
                "concurrent" => $"{Number(quota.Limit)} concurrent",
                "money" => $"{Number(quota.Limit)} {quota.Currency} per {quota.Window}",
                _ => $"{Number(quota.Limit)} {quota.Measure} per {quota.Window}",
            };
            text.Append('\n').Append(Row(
                owner, limit, Number(quota.Used), Number(quota.Reserved), Number(quota.Left),
                quota.ResetSeconds == 0 ? "-" : Quotas.QuotaHeaders.Format(TimeSpan.FromSeconds(quota.ResetSeconds))));
        }

        return text.ToString();
    }

    private static string ToText(BalanceJson balance)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"tenant:   {balance.Tenant}\nbalance:  {Number(balance.Balance)} {balance.Currency}\npaid:     {Number(balance.Paid)}\nspent:    {Number(balance.Spent)}");
        foreach (var payment in balance.Payments)
        {
            text.Append(string.Create(CultureInfo.InvariantCulture, $"\n{payment.At:yyyy-MM-dd HH:mm}  {Number(payment.Amount),14} {payment.Currency}  {payment.Id}  {payment.Who}  {payment.Note}").TrimEnd());
        }

        return text.ToString();
    }

    private static string Number(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    private static string Row(string owner, string limit, string used, string reserved, string left, string reset) =>
        string.Create(CultureInfo.InvariantCulture, $"{owner,-32}  {limit,-28}  {used,14}  {reserved,14}  {left,14}  {reset}");
}
