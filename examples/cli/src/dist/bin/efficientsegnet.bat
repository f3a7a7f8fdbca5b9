@echo off
rem Starts EfficientSegNet with the Java runtime beside it.
rem EFFICIENTSEGNET_OPTS holds options of the virtual machine: -Xmx8g for instance.
setlocal
set "IMAGE=%~dp0.."
"%IMAGE%\runtime\bin\java.exe" %EFFICIENTSEGNET_OPTS% -jar "%IMAGE%\lib\efficientsegnet.jar" %*
exit /b %ERRORLEVEL%
