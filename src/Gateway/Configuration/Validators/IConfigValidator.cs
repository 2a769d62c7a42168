namespace Gateway.Configuration.Validators;

/// <summary>
/// Judges one concern of the whole file. Rules on a single value (its form, its bounds) are attributes of the value's property.
/// </summary>
internal interface IConfigValidator
{
    void Validate(GatewayConfig config, ConfigReport report);
}
