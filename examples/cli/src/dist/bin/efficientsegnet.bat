@echo off
rem Starts EfficientSegNet with the Java runtime beside it.
rem EFFICIENTSEGNET_OPTS holds options of the virtual machine: -Xmx8g for instance.
rem lib\java.options holds those that are always given. lib\efficientsegnet.jsa, where it is there and was made for this
rem place, has the program's classes ready.
setlocal
set "IMAGE=%~dp0.."
set "CLASSES="
if exist "%IMAGE%\lib\efficientsegnet.jsa" set "CLASSES=-XX:SharedArchiveFile="%IMAGE%\lib\efficientsegnet.jsa""
"%IMAGE%\runtime\bin\java.exe" "@%IMAGE%\lib\java.options" %EFFICIENTSEGNET_OPTS% %CLASSES% -jar "%IMAGE%\lib\efficientsegnet.jar" %*
exit /b %ERRORLEVEL%
