using Gateway.Cli;

return await GatewayCommand.RunAsync(args);
