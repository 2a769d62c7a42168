using Gateway.Configuration;
using Gateway.Residency;

namespace Gateway.Tests.Residency;

public sealed class CountriesTests
{
    [Fact]
    public void All_countries_of_the_standard_are_known_and_Kosovo()
    {
        Assert.Equal(250, CountryTable.Codes.Count());
        Assert.Equal(250, CountryTable.Codes.Distinct(StringComparer.Ordinal).Count());
        Assert.All(CountryTable.Codes, c => Assert.Matches("^[A-Z]{2}$", c));
        Assert.Equal(("Brazil", "South Sudan", "Kosovo"), (CountryTable.NameOf("BR"), CountryTable.NameOf("SS"), CountryTable.NameOf("XK")));
    }

    [Fact]
    public void They_are_those_of_the_system_s_own_table()
    {
        const string Table = "/usr/share/zoneinfo/iso3166.tab";
        if (!File.Exists(Table))
        {
            return;
        }

        var codes = File.ReadLines(Table).Where(l => !l.StartsWith('#')).Select(l => l[..2]);
        Assert.Equal(codes.Append("XK").Order(StringComparer.Ordinal), CountryTable.Codes.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("EU", 27)]
    [InlineData("EEA", 30)]
    [InlineData("EFTA", 4)]
    [InlineData("MERCOSUR", 5)]
    [InlineData("AFRICAN_UNION", 55)]
    [InlineData("ECOWAS", 12)]
    [InlineData("SADC", 16)]
    [InlineData("EAC", 8)]
    [InlineData("CARICOM", 15)]
    [InlineData("ASEAN", 11)]
    [InlineData("BRICS", 10)]
    [InlineData("LATAM", 20)]
    [InlineData("GCC", 6)]
    [InlineData("CPLP", 9)]
    [InlineData("ANDEAN", 4)]
    [InlineData("AUSTRALIA", 1)]
    public void A_known_group_has_its_members(string name, int members)
    {
        var group = CountryGroups.Known[name];

        Assert.Equal(members, group.Codes.Count);
        Assert.All(group.Codes, c => Assert.True(CountryTable.Contains(c), c));
    }

    [Theory]
    [InlineData("UK", "; did you mean `GB`")]
    [InlineData("br", "; did you mean `BR`")]
    [InlineData("BRA", "; did you mean `BR`")]
    [InlineData("Brazil", "; did you mean `BR`")]
    [InlineData("Brazl", "; did you mean `BR`")]
    [InlineData("eu", "; did you mean `EU`")]
    [InlineData("Mercosur", "; did you mean `MERCOSUR`")]
    [InlineData("MERCOSU", "; did you mean `MERCOSUR`")]
    [InlineData("XX", "there is no country `XX` in ISO 3166-1")]
    [InlineData("AU", "is the code of Australia and the abbreviation of the African Union; write `AUSTRALIA` or `AFRICAN_UNION`")]
    [InlineData("", "there is no country ``")]
    [InlineData("*", "there is no country `*`")]
    public void What_is_no_country_is_refused_with_what_was_meant(string name, string words)
    {
        string? found = null;

        Assert.Null(new CountryBook([]).Read([name], (_, problem) => found = problem));
        Assert.Contains(words, found, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_may_hold_groups_in_any_order()
    {
        var book = new CountryBook(
            [new() { Name = "outer", Members = ["inner", "EFTA"] }, new() { Name = "inner", Members = ["core", "BR"] }, new() { Name = "core", Members = ["PY"] }],
            (key, problem) => Assert.Fail($"{key}: {problem}"));

        Assert.Equal(["BR", "CH", "IS", "LI", "NO", "PY"], book.Read(["outer"])!.Codes);
    }

    [Theory]
    [InlineData("a>a", "country_groups[0].members: the group contains itself: a -> a")]
    [InlineData("a>b b>c c>a", "country_groups[2].members: the group contains itself: a -> b -> c -> a")]
    [InlineData("x>b b>c c>b", "country_groups[2].members: the group contains itself: b -> c -> b")]
    [InlineData("BR>PY", "country_groups[0].name: `BR` is Brazil; give the group another name")]
    [InlineData("EU>PY", "country_groups[0].name: `EU` is a group that is known already; give the group another name")]
    [InlineData("a>QQ", "country_groups[0].members[0]: there is no country `QQ` in ISO 3166-1, and no group of this name; codes are of two capital letters, such as BR")]
    public void A_group_that_cannot_be_is_named(string groups, string error)
    {
        var errors = new List<string>();

        _ = new CountryBook(
            [.. groups.Split(' ').Select(g => new CountryGroupConfig { Name = g.Split('>')[0], Members = g.Split('>')[1].Split(',') })], (key, problem) => errors.Add($"{key}: {problem}"));

        Assert.Equal([error], errors);
    }

    [Fact]
    public void The_catalogue_names_countries_that_there_are_and_says_from_where_it_knows()
    {
        Assert.Matches("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", Catalogue.AsOf);
        Assert.All(Catalogue.Providers, p =>
        {
            Assert.StartsWith("https://", p.Source, StringComparison.Ordinal);
            Assert.True(CountryTable.Contains(p.OperatorCountry), p.OperatorCountry);
            Assert.All(p.Regions.Values, c => Assert.True(CountryTable.Contains(c), c));
        });
    }

    [Theory]
    [InlineData("https://bedrock-runtime.sa-east-1.amazonaws.com/openai/v1", "BR")]
    [InlineData("https://bedrock-runtime.eu-central-1.amazonaws.com", "DE")]
    [InlineData("https://brazilsouth.api.cognitive.microsoft.com/openai", "BR")]
    [InlineData("https://europe-west9-aiplatform.googleapis.com/v1", "FR")]
    [InlineData("https://aiplatform.googleapis.com/v1/projects/p/locations/southamerica-east1/endpoints/openapi", "BR")]
    [InlineData("https://api.openai.com/v1", "US")]
    [InlineData("https://API.OPENAI.COM./v1", "US")]
    [InlineData("https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi", "anywhere")]
    [InlineData("https://example.openai.azure.com/openai", "unknown")]
    [InlineData("https://bedrock-runtime.xx-new-9.amazonaws.com", "unknown")]
    [InlineData("https://bedrock-runtime.sa-east-1.amazonaws.com.evil.example", null)]
    [InlineData("https://llm.example.com/v1", null)]
    public void It_tells_the_country_of_a_url_where_that_can_be_told(string url, string? expected)
    {
        var fact = Catalogue.OfUrl(new Uri(url));

        Assert.Equal(expected, fact is null ? null : fact.IsAnywhere ? "anywhere" : fact.Countries?.ToString() ?? "unknown");
    }

    [Theory]
    [InlineData("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "anywhere")]
    [InlineData("eu.anthropic.claude-3-5-sonnet-20240620-v1:0", "DE, ES, FR, IE, IT, SE")]
    [InlineData("us.amazon.nova-pro-v1:0", "US")]
    [InlineData("arn:aws:bedrock:sa-east-1:123456789012:application-inference-profile/abc", "BR")]
    [InlineData("arn:aws:bedrock:sa-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5", "anywhere")]
    [InlineData("anthropic.claude-3-haiku-20240307-v1:0", null)]
    [InlineData("global.example", null)]
    [InlineData("eu-finetune", null)]
    [InlineData("gpt-4o-mini", null)]
    public void It_tells_the_countries_of_a_model_where_its_name_does(string model, string? expected)
    {
        var fact = Catalogue.OfModel(model);

        Assert.Equal(expected, fact is null ? null : fact.IsAnywhere ? "anywhere" : fact.Countries!.ToString());
    }
}
